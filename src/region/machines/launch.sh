#!/bin/sh
# launch.sh CGROUP_FILES NETNS BOOT NAME FOLDER ROOT BINARIES: starts a machine; this process stays as its plug (killing it kills process 1).
# CGROUP_FILES: the cgroup.procs files to move into, joined by ":". Everything after NETNS goes to boot.sh.
set -eu
files=$1 netns=$2
shift 2
IFS=:
for file in $files; do echo $$ >"$file"; done
unset IFS
exec nsenter --net="$netns" unshare --mount --pid --uts --ipc --fork --kill-child --propagation private "$@"
