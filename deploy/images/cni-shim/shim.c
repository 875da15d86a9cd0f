/*
 * Frame of the CNI plugin. Runs shim.js (src/cni/shim/shim.ts, bundled) in QuickJS: calls its `run` with an object of three functions,
 * prints the `output` that it returns and ends with its `exitCode`.
 *
 *   environment(name)             value of a variable, undefined when unset
 *   readInput()                   all of standard input as text; throws above INPUT_LIMIT
 *   request(path, text, seconds)  sends text to a UNIX socket, returns all that comes back; throws with the reason, also when the
 *                                 other side is silent for so many seconds
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "quickjs.h"

#define INPUT_LIMIT (4u << 20)
#define MEMORY_LIMIT (128u << 20)

/* What is printed when even the program that words errors has failed. Codes of 100 and above are the plugin's own (CNI spec). */
static const char last_words[] =
    "{\"cniVersion\":\"1.0.0\",\"code\":999,\"msg\":\"static-egress-gateway: the plugin failed\",\"details\":\"it is a defect of "
    "this software: please report it with the pod's events\"}\n";

__asm__(".section .rodata\n"
        "shim_js: .incbin \"shim.js\"\n"
        "shim_js_end: .byte 0\n"
        ".previous\n");
extern const char shim_js[], shim_js_end[];

struct buffer {
  char *bytes;
  size_t length, capacity;
};

/* Reads until the end. Returns 0, or -1 with errno; EFBIG: more than INPUT_LIMIT. The caller frees the bytes in both cases. */
static int read_all(int fd, struct buffer *buffer) {
  for (;;) {
    if (buffer->length == buffer->capacity) {
      size_t capacity = buffer->capacity ? 2 * buffer->capacity : 16384;
      char *bytes = realloc(buffer->bytes, capacity);
      if (!bytes) return -1;
      buffer->bytes = bytes;
      buffer->capacity = capacity;
    }
    ssize_t count = read(fd, buffer->bytes + buffer->length, buffer->capacity - buffer->length);
    if (count == 0) return 0;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    buffer->length += (size_t)count;
    if (buffer->length > INPUT_LIMIT) {
      errno = EFBIG;
      return -1;
    }
  }
}

/* Writes everything. Returns 0, or -1 with errno. MSG_NOSIGNAL is not to be had for a pipe: a reader that left ends us by SIGPIPE. */
static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(fd, bytes, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    bytes += count;
    length -= (size_t)count;
  }
  return 0;
}

static int send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    bytes += count;
    length -= (size_t)count;
  }
  return 0;
}

/* A socket connected to the one at `path`, whose every operation ends within `seconds`; or -1 with errno. */
static int connect_to(const char *path, int seconds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct timeval limit = {.tv_sec = seconds};
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
      connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

static JSValue throw_errno(JSContext *context, const char *what) {
  int reason = errno;
  return JS_ThrowInternalError(context, "%s: %s", what, reason == EAGAIN ? "no answer in time" : strerror(reason));
}

static JSValue environment(JSContext *context, JSValueConst self, int count, JSValueConst *arguments) {
  const char *name = JS_ToCString(context, arguments[0]);
  if (!name) return JS_EXCEPTION;
  const char *value = getenv(name);
  JS_FreeCString(context, name);
  return value ? JS_NewString(context, value) : JS_UNDEFINED;
}

static JSValue read_input(JSContext *context, JSValueConst self, int count, JSValueConst *arguments) {
  struct buffer input = {0};
  JSValue result = read_all(STDIN_FILENO, &input) == 0 ? JS_NewStringLen(context, input.bytes, input.length)
                                                       : throw_errno(context, "read standard input");
  free(input.bytes);
  return result;
}

static JSValue exchange(JSContext *context, int fd, const char *text, size_t length) {
  if (send_all(fd, text, length) < 0) return throw_errno(context, "send");
  struct buffer answer = {0};
  JSValue result = read_all(fd, &answer) == 0 ? JS_NewStringLen(context, answer.bytes, answer.length)
                                              : throw_errno(context, "receive");
  free(answer.bytes);
  return result;
}

static JSValue request(JSContext *context, JSValueConst self, int count, JSValueConst *arguments) {
  int seconds;
  size_t length;
  if (JS_ToInt32(context, &seconds, arguments[2]) < 0) return JS_EXCEPTION;
  const char *path = JS_ToCString(context, arguments[0]);
  const char *text = JS_ToCStringLen(context, &length, arguments[1]);
  JSValue result = JS_EXCEPTION;
  if (path && text) {
    int fd = connect_to(path, seconds);
    result = fd < 0 ? throw_errno(context, "connect") : exchange(context, fd, text, length);
    if (fd >= 0) close(fd);
  }
  JS_FreeCString(context, text);
  JS_FreeCString(context, path);
  return result;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("environment", 1, environment),
    JS_CFUNC_DEF("readInput", 0, read_input),
    JS_CFUNC_DEF("request", 3, request),
};

/* Calls `shim.run(host)`. */
static JSValue run(JSContext *context) {
  JSValue script = JS_Eval(context, shim_js, (size_t)(shim_js_end - shim_js), "shim.js", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(script)) return script;
  JS_FreeValue(context, script);
  JSValue host = JS_NewObject(context);
  JS_SetPropertyFunctionList(context, host, functions, sizeof functions / sizeof functions[0]);
  JSValue global = JS_GetGlobalObject(context);
  JSValue shim = JS_GetPropertyStr(context, global, "shim");
  JSValue function = JS_GetPropertyStr(context, shim, "run");
  JSValue outcome = JS_Call(context, function, shim, 1, (JSValueConst *)&host);
  JS_FreeValue(context, function);
  JS_FreeValue(context, shim);
  JS_FreeValue(context, global);
  JS_FreeValue(context, host);
  return outcome;
}

/* Prints the outcome. Returns the exit code, or -1 when it is no outcome. */
static int print(JSContext *context, JSValueConst outcome) {
  JSValue output = JS_GetPropertyStr(context, outcome, "output");
  JSValue exit_code = JS_GetPropertyStr(context, outcome, "exitCode");
  size_t length;
  int code = -1;
  const char *text = JS_IsString(output) ? JS_ToCStringLen(context, &length, output) : NULL;
  if (text && JS_IsNumber(exit_code) && JS_ToInt32(context, &code, exit_code) == 0 && write_all(STDOUT_FILENO, text, length) < 0)
    code = -1;
  JS_FreeCString(context, text);
  JS_FreeValue(context, exit_code);
  JS_FreeValue(context, output);
  return code;
}

int main(void) {
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *context = runtime ? JS_NewContext(runtime) : NULL;
  int code = -1;
  if (context) {
    JS_SetMemoryLimit(runtime, MEMORY_LIMIT);
    JSValue outcome = run(context);
    if (!JS_IsException(outcome)) code = print(context, outcome);
  }
  /* The process ends: nothing is freed. */
  if (code >= 0) return code;
  write_all(STDOUT_FILENO, last_words, sizeof last_words - 1);
  return 1;
}
