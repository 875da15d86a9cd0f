/**
 * The internet, as far as the region needs one: HTTP on port 80 that answers every request with the caller's address as plain text (as
 * ifconfig.me does) and the same on any further TCP port given; echo on UDP and TCP port 7 (RFC 862), TCP discard on port 9 (RFC 863) and
 * a character generator on TCP port 19 (RFC 864). It runs on a machine that has nothing of ours but this file, so it imports nothing but
 * Node.
 *
 * usage: server.ts ADDRESS [PORT...]
 */
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

const [address = '0.0.0.0', ...ports] = process.argv.slice(2);
const httpPort = 80;
const echoPort = 7;
const discardPort = 9;
const generatorPort = 19;
const generatorIntervalMs = 20;
const line = Buffer.alloc(1000, 'x');

for (const port of [httpPort, ...ports.map(Number)]) {
  createHttpServer((request, response) => {
    const caller = request.socket.remoteAddress ?? '';
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
    response.end(`${caller}\n`);
  }).listen(port, address);
}

const echo = createSocket('udp4');
echo.on('message', (message, sender) => echo.send(message, sender.port, sender.address));
echo.bind(echoPort, address);

createTcpServer((connection) => {
  connection.on('error', () => connection.destroy()); // a client that went away
  connection.pipe(connection);
}).listen(echoPort, address);

createTcpServer((connection) => {
  connection.on('error', () => connection.destroy());
  connection.resume();
}).listen(discardPort, address);

createTcpServer((connection) => {
  const timer = setInterval(() => connection.write(line), generatorIntervalMs);
  connection.on('error', () => connection.destroy());
  connection.on('close', () => clearInterval(timer));
  connection.resume();
}).listen(generatorPort, address);
