"""Stacks of stopped calls in terms of the module that was given, not of what ran."""

from contractvm.metering.marks import BodyMarks
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.code_stack import CodePosition, CodeStack, StoppedAt
from contractvm.wasm.structure.module import Module


def original_stack(
    pipeline: Pipeline, code: bytes, stopped: StoppedAt
) -> tuple[Module, CodeStack]:
    """The module `code`, and where in it a call stopped that `pipeline` prepared.

    Offsets are those of the func's body. What instrumentation inserted counts as the
    instruction that comes next: a charge that cannot be paid is at the first
    instruction that it pays for. `code` is instrumented again, with notes.
    """
    stack = stopped.stack()
    module, _ = pipeline.instrumented(code)
    imported = module.func_count - len(module.funcs)
    # Funcs that instrumentation appended are called by charges.
    kept = [each for each in stack.positions if each.func_index < module.func_count]
    marks = BodyMarks.wanted(each.func_index - imported for each in kept)
    pipeline.instrumented(code, marks)
    return module, CodeStack(
        tuple(
            CodePosition(
                each.func_index,
                marks.original(each.func_index - imported, each.position),
            )
            for each in kept
        ),
        stack.is_cut,
    )
