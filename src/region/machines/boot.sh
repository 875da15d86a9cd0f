#!/bin/sh
# boot.sh NAME FOLDER ROOT BINARIES CGROUP: process 1 of a machine. Builds its root file system, starts its services, then becomes its init.
#   FOLDER    disk/ (the machine's disk: upper layer), work/, root/ (mount point), containerd/, kubelet/
#   ROOT      a Debian root, the lower layer shared by all machines
#   BINARIES  name=path pairs joined by ":", shown read-only in /opt/segw/bin
#   CGROUP    the machine's own cgroup (v2), or "v1"
set -eu
name=$1 folder=$2 lower=$3 binaries=$4 cgroup=$5
root=$folder/root

# A second cgroup namespace: only now is this process in the cgroup that the machine shall see as "/".
if [ -z "${SEGW_IN_CGROUP:-}" ]; then
  [ "$cgroup" = v1 ] || echo 0 >"$cgroup/cgroup.procs"
  export SEGW_IN_CGROUP=1
  exec unshare --cgroup "$0" "$@"
fi
unset SEGW_IN_CGROUP

hostname "$name"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/disk,workdir=$folder/work" "$root"
for directory in containerd kubelet; do # an overlay cannot be the upper layer of another one
  mkdir -p "$root/var/lib/$directory"
  mount --bind "$folder/$directory" "$root/var/lib/$directory"
done
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" # shows the devices of this network namespace
if [ "$cgroup" = v1 ]; then
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids hugetlb; do
    [ -d "/sys/fs/cgroup/$controller" ] || continue
    mkdir "$root/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller"
  done
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
else
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
fi
mount --rbind /dev "$root/dev"
mount --make-rprivate "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/netns" "$root/run/lock" "$root/opt/segw/bin"

IFS=:
for pair in $binaries; do
  touch "$root/opt/segw/bin/${pair%%=*}"
  mount --bind "${pair#*=}" "$root/opt/segw/bin/${pair%%=*}"
done
unset IFS

cd "$root"
mkdir -p mnt
pivot_root . mnt
cd /
umount -l /mnt
mount --make-rshared / # so that mounts of pods reach each other; the host does not see them

# The kubelet sets these, and they are the whole kernel's: it gets files of its own that hold the values it wants.
for setting in vm.overcommit_memory=1 vm.panic_on_oom=0 kernel.panic=10 kernel.panic_on_oops=1 kernel.keys.root_maxkeys=1000000 kernel.keys.root_maxbytes=25000000; do
  file=$(echo "${setting%=*}" | tr . /)
  mkdir -p "/run/sysctl/${file%/*}"
  echo "${setting#*=}" >"/run/sysctl/$file"
  mount --bind "/run/sysctl/$file" "/proc/sys/$file"
done

if [ "$cgroup" != v1 ]; then # a cgroup that holds processes may not hand its controllers on
  mkdir -p /sys/fs/cgroup/init
  echo 0 >/sys/fs/cgroup/init/cgroup.procs
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done
fi

export PATH=/opt/segw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /var/log
for service in /etc/segw/services/*; do # what systemd's Restart=always does
  [ -e "$service" ] || continue
  while :; do
    "$service" >>"/var/log/${service##*/}.log" 2>&1 || :
    sleep 1
  done &
done
: >/run/segw-booted
exec catatonit -P
