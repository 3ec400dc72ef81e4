from threading import RLock
from types import TracebackType

class Claim:
    def __init__(self, message: str) -> None: ...
    @property
    def lock(self) -> RLock: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
