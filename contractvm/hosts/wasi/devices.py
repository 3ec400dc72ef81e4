"""Devices: /dev/null, /dev/zero, /dev/random and /dev/urandom."""

from contractvm.hosts.wasi.nodes import Device, Directory, Volume

DEV = b"dev"
NULL, ZERO, RANDOM, URANDOM = DEVICES = (b"null", b"zero", b"random", b"urandom")


def add_devices(root: Directory, devices: Volume) -> None:
    """Let the devices be found below `root`, where nothing else is.

    They are in no list of a directory, and cannot be renamed or removed.
    """
    dev = root.find(DEV)
    if dev is None:
        dev = root.hidden[DEV] = devices.make_root()
        dev.parent = root
    if isinstance(dev, Directory):
        now = dev.changed
        dev.hidden = {
            name: Device(devices, devices.new_inode(), now, name) for name in DEVICES
        }
