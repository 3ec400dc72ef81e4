"""Functions that add, remove and move the entries of directories."""

from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.nodes import Directory, Link, Node
from contractvm.hosts.wasi.path_functions import follows_links
from contractvm.hosts.wasi.paths import Place, find_entry, find_place
from contractvm.hosts.wasi.rights import Right


def path_create_directory(call: HostCall, fd: int, path: int, length: int) -> None:
    _, start = call.wasi.descriptors.directory(fd, Right.PATH_CREATE_DIRECTORY)
    place = find_entry(call, start, call.read_path(path, length))
    parent, name = place.new_entry(is_directory=True)
    now, volume = call.now(), parent.volume
    parent.put(name, Directory(volume, volume.new_inode(), now, parent), now)


def path_symlink(
    call: HostCall, target: int, target_length: int, fd: int, path: int, length: int
) -> None:
    _, start = call.wasi.descriptors.directory(fd, Right.PATH_SYMLINK)
    text = call.read_path(target, target_length)
    if text.startswith(b"/"):
        raise Refusal(Errno.PERM)
    place = find_entry(call, start, call.read_path(path, length))
    parent, name = place.new_entry()
    now, volume = call.now(), parent.volume
    parent.put(name, Link(volume, volume.new_inode(), now, text), now)


def path_link(
    call: HostCall,
    fd: int,
    lookup: int,
    path: int,
    length: int,
    new_fd: int,
    new_path: int,
    new_length: int,
) -> None:
    descriptors = call.wasi.descriptors
    _, start = descriptors.directory(fd, Right.PATH_LINK_SOURCE)
    _, new_start = descriptors.directory(new_fd, Right.PATH_LINK_TARGET)
    if follows_links(lookup):
        raise Refusal(Errno.INVAL)
    text, new_text = call.read_path(path, length), call.read_path(new_path, new_length)
    node = find_place(call, start, text, follows=False).existing()
    parent, name = find_entry(call, new_start, new_text).new_entry()
    if node.volume is not parent.volume:
        raise Refusal(Errno.XDEV)
    if isinstance(node, Directory):
        raise Refusal(Errno.PERM)
    now = call.now()
    parent.put(name, node, now)
    node.links += 1
    node.changed = now


def path_unlink_file(call: HostCall, fd: int, path: int, length: int) -> None:
    _, start = call.wasi.descriptors.directory(fd, Right.PATH_UNLINK_FILE)
    place = find_entry(call, start, call.read_path(path, length))
    parent, name = place.entry(Errno.ISDIR)
    if isinstance(place.existing(), Directory):
        raise Refusal(Errno.ISDIR)
    parent.volume.require_writable()
    _remove(call, parent, name)


def path_remove_directory(call: HostCall, fd: int, path: int, length: int) -> None:
    _, start = call.wasi.descriptors.directory(fd, Right.PATH_REMOVE_DIRECTORY)
    place = find_entry(call, start, call.read_path(path, length))
    parent, name = place.entry(Errno.NOTEMPTY if place.name == b".." else Errno.INVAL)
    directory = place.existing()
    if not isinstance(directory, Directory):
        raise Refusal(Errno.NOTDIR)
    parent.volume.require_writable()
    if directory.count:
        raise Refusal(Errno.NOTEMPTY)
    _remove(call, parent, name)


def path_rename(
    call: HostCall,
    fd: int,
    path: int,
    length: int,
    new_fd: int,
    new_path: int,
    new_length: int,
) -> None:
    descriptors = call.wasi.descriptors
    _, start = descriptors.directory(fd, Right.PATH_RENAME_SOURCE)
    _, new_start = descriptors.directory(new_fd, Right.PATH_RENAME_TARGET)
    text, new_text = call.read_path(path, length), call.read_path(new_path, new_length)
    old = find_entry(call, start, text)
    new = find_entry(call, new_start, new_text)
    parent, name = old.entry(Errno.BUSY)
    new_parent, new_name = new.entry(Errno.BUSY)
    if parent.volume is not new_parent.volume:
        raise Refusal(Errno.XDEV)
    node = old.existing()
    parent.volume.require_writable()
    if new_parent.links == 0:
        raise Refusal(Errno.NOENT)
    if not isinstance(node, Directory):
        if new.has_slash:
            raise Refusal(Errno.NOTDIR)
    elif new_parent is not parent:
        _require_outside(call, node, new_parent)
    if node is new.node:
        return
    _require_replaceable(node, new)
    parent.require_listed(name)
    if new.node is not None:
        new_parent.require_listed(new_name)
        _remove(call, new_parent, new_name)
    now = call.now()
    new_parent.put(new_name, parent.take(name, now), now)
    node.changed = now
    if isinstance(node, Directory):
        node.parent = new_parent


def _require_outside(call: HostCall, moved: Directory, parent: Directory) -> None:
    """Refuse to move a directory into itself; each step upwards is charged."""
    while parent is not moved:
        if parent.parent is parent:
            return
        call.charge_amount("per_component")
        parent = parent.parent
    raise Refusal(Errno.INVAL)


def _require_replaceable(node: Node, new: Place) -> None:
    """Refuse to put a node where there is one of another kind, or a full directory."""
    if new.node is None:
        return
    if not isinstance(new.node, Directory):
        if isinstance(node, Directory):
            raise Refusal(Errno.NOTDIR)
    elif not isinstance(node, Directory):
        raise Refusal(Errno.ISDIR)
    elif new.node.count:
        raise Refusal(Errno.NOTEMPTY)


def _remove(call: HostCall, parent: Directory, name: bytes) -> None:
    now = call.now()
    node = parent.take(name, now)
    node.links -= 1
    node.changed = now
    node.volume.release(node)
