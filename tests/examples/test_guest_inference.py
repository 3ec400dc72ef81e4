"""The example of inference: a model made by the example, asked by a guest."""

from typing import Any

import pytest

pytest.importorskip("onnx", reason="onnx is not installed (make guests)")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (make guests)")

from contractvm.guests.errors import GuestError
from contractvm.guests.outcomes import Exited
from contractvm.runtime.engine_selection import ENGINES, other_engine
from examples.guest_inference import language_model, load, make_model

TEXTS = {
    "English": (b"What is the weather like there?", 43_000_566),
    "German": (b"Wie ist denn das Wetter bei euch?", 43_015_596),
    "French": (b"Quel temps fait-il chez vous ?", 42_996_836),
}


@pytest.fixture(scope="module")
def model() -> Any:
    return language_model()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("language", TEXTS)
def test_a_guest_asks_the_model(model: Any, language: str, engine: str) -> None:
    text, units = TEXTS[language]
    guest = load(engine)
    result = guest.run(stdin=text, capabilities=[model], record=True)
    assert (result.outcome, result.stdout) == (Exited(0), language.encode())
    assert result.units_used == units
    assert result.host_calls == {"fd_read": 1, "infer": 1, "take": 1, "fd_write": 1}
    assert result.tape is not None
    other = other_engine(engine)
    again = load(other).replay(result.tape)
    assert again == result.replaced(tape=None, engine=other)


def test_the_model_takes_26_counts(model: Any) -> None:
    (spec,) = model.functions()
    assert spec.call(bytes(26)) == b"English"
    for size in (25, 27):
        with pytest.raises(GuestError) as caught:
            spec.call(bytes(size))
        assert caught.value.code == 2


def test_the_model_is_the_same_each_time() -> None:
    assert make_model() == make_model()
