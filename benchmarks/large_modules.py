"""Large modules, made from the kernels: as many bytes of real code as are asked for."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.kernel_table import BY_NAME
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_instruction
from contractvm.wasm.structure.module import Func, Module

EMPTY_BLOCK_TYPE = b"\x40"


def repeated_funcs(kernel: str, code_bytes: int) -> bytes:
    """The kernel's module with its funcs again and again; copies call the originals."""
    module = decode_module(BY_NAME[kernel].wasm)
    once = sum(len(func.code) for func in module.funcs)
    copies = -(-code_bytes // once)
    return encode_module(replace(module, funcs=module.funcs * copies))


def one_large_func(kernel: str, code_bytes: int) -> bytes:
    """The code of the kernel's largest func again and again, all in one func.

    Each copy is in a block of its own, so that its labels stay what they were.
    """
    module = decode_module(BY_NAME[kernel].wasm)
    funcs = list(module.funcs)
    largest = max(range(len(funcs)), key=lambda index: len(funcs[index].code))
    func = funcs[largest]
    piece = as_block(module, func)
    copies = -(-code_bytes // len(piece))
    funcs[largest] = replace(func, code=piece * copies + func.code)
    return encode_module(replace(module, funcs=tuple(funcs)))


def as_block(module: Module, func: Func) -> bytes:
    """The func's code as a block whose result is dropped."""
    results = module.types[func.type_index].results
    block_type = bytes(results) if results else EMPTY_BLOCK_TYPE
    drops = encode_instruction("drop") * len(results)
    return encode_instruction("block", block_type) + func.code + drops


SHAPES: dict[str, Callable[[int], bytes]] = {
    "funcs of secp256k1": lambda size: repeated_funcs("secp256k1", size),
    "funcs of the token": lambda size: repeated_funcs("token_transfer", size),
    "funcs of keccak256": lambda size: repeated_funcs("keccak256", size),
    "funcs of sort": lambda size: repeated_funcs("sort", size),
    "tiny funcs": lambda size: repeated_funcs("fib_recursive", size),
    "one large func": lambda size: one_large_func("secp256k1", size),
}
