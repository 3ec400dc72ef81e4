# cython: nonecheck=False
"""Batch updates of a trie: each changed node is built once.

The changes are sorted by key, so those that affect a node are adjacent. The walk goes
down from the root with a range of them, splits it at each branch, and builds the new
nodes on the way back. Nodes are encoded only after the whole walk, as a delete further
down can still merge a node with its neighbour.

Each call of `update` is at least one nibble deeper than its caller, so the recursion
is never deeper than a key has nibbles, and MAX_KEY_BYTES bounds it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t

from chain_sim.ethereum.trie.node cimport (
    BRANCH, CHILD_COUNT, EXTENSION, LEAF, Node, count_bits, new_branch,
    new_extension, new_leaf, nibble_at, nibbles_between, present_children,
    put_child, unseen, writable_copy,
)
from chain_sim.ethereum.trie.node_cache cimport NodeCache
from chain_sim.ethereum.trie.node_record cimport child_at

from chain_sim.ethereum.trie.missing import MissingNode
from contractvm.errors import InternalError

MAX_KEY_BYTES = 1024


cdef struct Change:
    # The walk's entries keep both alive.
    const uint8_t* key
    PyObject* value
    Py_ssize_t nibble_count


cdef class BatchUpdate:
    """One walk; `changes` are (key, value) pairs sorted by key, each key once."""

    cdef Change* changes
    cdef tuple entries
    cdef object get_node
    cdef NodeCache cache

    def __cinit__(
        self, object get_node, NodeCache cache not None, list entries not None
    ):
        cdef Py_ssize_t index
        cdef bytes key, value
        cdef bytes before = None
        self.get_node = get_node
        self.cache = cache
        self.entries = tuple(entries)
        self.changes = <Change*>PyMem_Malloc(
            max(len(self.entries), 1) * sizeof(Change)
        )
        if self.changes == NULL:
            raise MemoryError
        for index in range(len(self.entries)):
            # A tuple, which keeps both alive as long as the walk.
            key, value = <tuple?>self.entries[index]
            if key is None or value is None or PyBytes_GET_SIZE(key) > MAX_KEY_BYTES:
                raise InternalError(f"no key of up to {MAX_KEY_BYTES} bytes: {key!r}")
            if before is not None and key <= before:
                raise InternalError(f"the key {key!r} does not follow {before!r}")
            before = key
            self.changes[index].key = <const uint8_t*>PyBytes_AS_STRING(key)
            self.changes[index].value = <PyObject*>value
            self.changes[index].nibble_count = 2 * PyBytes_GET_SIZE(key)

    def __dealloc__(self):
        PyMem_Free(self.changes)

    def run(self, bytes root):
        """The new root: None if empty, a Node not yet encoded, or `root` unchanged."""
        if not self.entries:
            return root
        return self.update(root, 0, len(self.entries), 0)

    cdef object update(
        self, object reference, Py_ssize_t first, Py_ssize_t end, Py_ssize_t depth
    ):
        """The subtree at `depth` with the changes [first, end), which is not empty.

        Returns the same object `reference` if they change nothing.
        """
        cdef Node node
        cdef Node branch
        cdef object child
        cdef Py_ssize_t shared
        if reference is None:
            return self.build(first, end, depth)
        node = self.load(reference, first, depth, -1)
        if node.kind == BRANCH:
            branch = writable_copy(node)
            if not self.fill(branch, first, end, depth):
                return reference
            # Replaced, so it is the first to leave the cache.
            node.chances = 0
            return self.normal_form(branch, first, depth)
        shared = min(
            self.shared_with(node.path, first, depth),
            self.shared_with(node.path, end - 1, depth),
        )
        if node.kind == EXTENSION and shared == len(node.path):
            child = self.update(node.child, first, end, depth + shared)
            if child is node.child:
                return reference
            node.chances = 0
            return prefixed(node.path, child)
        branch = split(node, shared)
        if not self.fill(branch, first, end, depth + shared):
            return reference
        node.chances = 0
        child = self.normal_form(branch, first, depth + shared)
        return prefixed(node.path[:shared], child)

    cdef object build(self, Py_ssize_t first, Py_ssize_t end, Py_ssize_t depth):
        """The subtree of these changes alone; None if all of them are deletes."""
        cdef Change* change = &self.changes[first]
        cdef Change* last = &self.changes[end - 1]
        cdef Py_ssize_t fork = depth
        cdef Node branch
        if end - first == 1:
            if not <bytes>change.value:
                return None
            return new_leaf(
                nibbles_between(change.key, depth, change.nibble_count),
                <bytes>change.value,
            )
        while (
            fork < change.nibble_count
            and fork < last.nibble_count
            and nibble_at(change.key, fork) == nibble_at(last.key, fork)
        ):
            fork += 1
        branch = new_branch(unseen([None] * CHILD_COUNT), b"")
        if not self.fill(branch, first, end, fork):
            return None
        return prefixed(
            nibbles_between(change.key, depth, fork),
            self.normal_form(branch, first, fork),
        )

    cdef bint fill(
        self, Node branch, Py_ssize_t first, Py_ssize_t end, Py_ssize_t depth
    ) except -1:
        """Make the changes in a new branch; False if they change nothing."""
        cdef bint is_changed = False
        cdef Py_ssize_t group_end
        cdef int nibble
        cdef object child, new_child
        # A key that ends here sorts before all that go on.
        if self.changes[first].nibble_count == depth:
            value = <bytes>self.changes[first].value
            if value != branch.value:
                branch.value = value
                is_changed = True
            first += 1
        while first < end:
            nibble = nibble_at(self.changes[first].key, depth)
            group_end = first + 1
            while (
                group_end < end
                and nibble_at(self.changes[group_end].key, depth) == nibble
            ):
                group_end += 1
            child = child_at(branch, nibble)
            new_child = self.update(child, first, group_end, depth + 1)
            if new_child is not child:
                put_child(branch, nibble, new_child)
                is_changed = True
            first = group_end
        return is_changed

    cdef object normal_form(self, Node branch, Py_ssize_t first, Py_ssize_t depth):
        """A branch with fewer than two ways becomes a leaf, an extension or None."""
        cdef unsigned int present = present_children(branch)
        cdef int used = count_bits(present)
        if used > 1 or (used == 1 and branch.value):
            return branch
        if used == 1:
            # The number of bits below the only one set is its position.
            return self.merged_with_only_child(
                branch, count_bits(present - 1), first, depth
            )
        if branch.value:
            return new_leaf(b"", branch.value)
        return None

    cdef Node merged_with_only_child(
        self, Node branch, int nibble, Py_ssize_t first, Py_ssize_t depth
    ):
        cdef object child = child_at(branch, nibble)
        cdef Node node = self.load(child, first, depth, nibble)
        # A branch that is on disk stays there and is referred to by its hash.
        if node.kind == BRANCH:
            return new_extension(bytes((nibble,)), child)
        return prefixed(bytes((nibble,)), node)

    cdef Node load(
        self, object reference, Py_ssize_t change, Py_ssize_t depth, int nibble
    ):
        """The node, on the path of the change's key, or at `nibble` next to it."""
        cdef Node node
        if isinstance(reference, Node):
            return <Node>reference
        node = self.cache.read(self.get_node, <bytes>reference)
        if node is None:
            path = nibbles_between(self.changes[change].key, 0, depth)
            raise MissingNode(reference, path + bytes((nibble,) if nibble >= 0 else ()))
        return node

    cdef Py_ssize_t shared_with(
        self, bytes path, Py_ssize_t index, Py_ssize_t depth
    ) noexcept:
        """How many nibbles of `path` the change's key shares from `depth` on."""
        cdef Change* change = &self.changes[index]
        cdef const uint8_t* nibbles = <const uint8_t*>PyBytes_AS_STRING(path)
        cdef Py_ssize_t limit = min(PyBytes_GET_SIZE(path), change.nibble_count - depth)
        cdef Py_ssize_t shared = 0
        while (
            shared < limit
            and nibbles[shared] == nibble_at(change.key, depth + shared)
        ):
            shared += 1
        return shared


cdef Node prefixed(bytes path, Node node):
    """The node with `path` before it; None stays None."""
    if node is None or not path:
        return node
    if node.kind == LEAF:
        return new_leaf(path + node.path, node.value)
    if node.kind == EXTENSION:
        return new_extension(path + node.path, node.child)
    return new_extension(path, node)


cdef object prefixed_child(bytes path, object child):
    return new_extension(path, child) if path else child


cdef Node split(Node node, Py_ssize_t shared):
    """A branch at `shared` nibbles of a leaf's or an extension's path.

    It has only one way until the changes add more.
    """
    cdef list children = unseen([None] * CHILD_COUNT)
    cdef bytes rest
    if shared == len(node.path):
        return new_branch(children, node.value)
    rest = node.path[shared + 1 :]
    if node.kind == LEAF:
        children[node.path[shared]] = new_leaf(rest, node.value)
    else:
        children[node.path[shared]] = prefixed_child(rest, node.child)
    return new_branch(children, b"")
