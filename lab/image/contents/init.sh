#!/bin/sh
# The first process of a lab machine: sets up devices and network, then serves commands over the control port.
export PATH=/usr/local/bin:/usr/bin:/bin HOME=/root

mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts none /dev/pts
mount -t tmpfs none /tmp
exec >/dev/ttyS0 2>&1 </dev/null

# Each module comes after those that it depends on.
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci \
  failover net_failover virtio_net virtio_console; do
  insmod "/lib/modules/$module.ko"
done

hostname sandbox
ip link set lo up
ip link set eth0 up
ip address add "$lab_address" dev eth0
ip route add default via "$lab_gateway"
echo "lab: network is up at $lab_address"

# Where the image holds systemd, it becomes the first process.
[ -x /lib/systemd/systemd ] && exec /lib/systemd/systemd

# Init must not end, and must reap its dead children.
serve-commands &
while :; do wait; sleep 1; done
