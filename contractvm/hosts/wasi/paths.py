"""Paths: the walk from a directory to what a path names, within one volume."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.file_tree import MAX_NAME_BYTES
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.nodes import Directory, Link, Node

MAX_LINKS = 40
COMPONENT = re.compile(rb"[^/]+")
Matches = Iterator[re.Match[bytes]]


class Place(NamedTuple):
    """What a path names: an entry of `parent`, which may not exist (yet).

    `parent` is None where the path ends in `.` or `..`, as `name` does then.
    """

    parent: Directory | None
    name: bytes
    node: Node | None
    has_slash: bool

    def entry(self, errno: Errno) -> tuple[Directory, bytes]:
        """The directory and the name in it; refuses `.` and `..` with `errno`."""
        if self.parent is None:
            raise Refusal(errno)
        return self.parent, self.name

    def new_entry(self, *, is_directory: bool = False) -> tuple[Directory, bytes]:
        """Where a node can come to be; refuses what exists, and read-only volumes."""
        parent, name = self.entry(Errno.EXIST)
        if self.node is not None:
            raise Refusal(Errno.EXIST)
        if parent.links == 0 or (self.has_slash and not is_directory):
            raise Refusal(Errno.NOENT)
        parent.volume.require_writable()
        return parent, name

    def existing(self) -> Node:
        """The node; refuses a file, device or link whose path ends in a slash."""
        if self.node is None:
            raise Refusal(Errno.NOENT)
        if self.has_slash and not isinstance(self.node, Directory):
            raise Refusal(Errno.NOTDIR)
        return self.node


def find_entry(call: HostCall, start: Directory, path: bytes) -> Place:
    """The place of an entry itself: a link at the end is never followed."""
    return _walk(call, start, path, follows=False)


def find_place(call: HostCall, start: Directory, path: bytes, follows: bool) -> Place:
    """The place that a path leads to: a link before a slash at the end is followed."""
    return _walk(call, start, path, follows=follows or path.endswith(b"/"))


def _walk(call: HostCall, start: Directory, path: bytes, *, follows: bool) -> Place:
    """Walk component by component; charges each, and the links that it follows."""
    has_slash = path.endswith(b"/")
    trail = [start]
    links_left = MAX_LINKS
    sources = [_components(path)]
    component = _next(sources)
    while True:
        following = _next(sources)
        call.charge_amount("per_component")
        if len(component) > MAX_NAME_BYTES:
            # As on Linux, nothing is looked for in a directory that was removed.
            is_removed = trail[-1].links == 0
            raise Refusal(Errno.NOENT if is_removed else Errno.NAMETOOLONG)
        is_last = not following
        if component in (b".", b".."):
            _step_aside(trail, component)
            if is_last:
                return Place(None, component, trail[-1], has_slash)
        else:
            node = trail[-1].find(component)
            if isinstance(node, Link) and (follows or not is_last):
                if not links_left:
                    raise Refusal(Errno.LOOP)
                links_left -= 1
                call.charge_bytes(len(node.target))
                sources.append(COMPONENT.finditer(following))
                sources.append(_components(node.target))
                has_slash |= is_last and node.target.endswith(b"/")
                following = _next(sources)
            elif is_last:
                return Place(trail[-1], component, node, has_slash)
            elif node is None:
                raise Refusal(Errno.NOENT)
            elif isinstance(node, Directory):
                trail.append(node)
            else:
                raise Refusal(Errno.NOTDIR)
        component = following


def _components(path: bytes) -> Matches:
    if path.startswith(b"/"):
        raise Refusal(Errno.PERM)
    return COMPONENT.finditer(path)


def _next(sources: list[Matches]) -> bytes:
    """The next component, empty where there is none."""
    while sources:
        match = next(sources[-1], None)
        if match is not None:
            return match.group()
        sources.pop()
    return b""


def _step_aside(trail: list[Directory], component: bytes) -> None:
    """Stay for `.`, go up for `..`, which must not leave the first directory."""
    if component == b"..":
        if len(trail) == 1:
            raise Refusal(Errno.PERM)
        trail.pop()
