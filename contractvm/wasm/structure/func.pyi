from dataclasses import dataclass, field

from contractvm.wasm.structure.types import ValType

@dataclass(frozen=True, slots=True)
class Func:
    type_index: int
    local_groups: tuple[tuple[int, ValType], ...]
    code: bytes
    offset: int = field(default=0, compare=False)

    @property
    def local_count(self) -> int: ...
