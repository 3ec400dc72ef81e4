"""The path to the directory of compiled code, which nobody else can redirect."""

import os
import stat
from pathlib import Path

import pytest

from contractvm.wasm.engines.wasmtime import own_directory
from contractvm.wasm.engines.wasmtime.code_cache import CacheRefused, CodeCache
from contractvm.wasm.engines.wasmtime.own_directory import (
    NotOwn,
    is_ours_or_roots,
    open_own_directory,
    require_safe,
)

KEY, CODE = {"module": "aa"}, b"machine code"
ME, OTHER = os.geteuid(), os.geteuid() + 1


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def opened(directory: Path) -> Path:
    """The final target of a path."""
    folder = open_own_directory(directory)
    place = os.readlink(f"/proc/self/fd/{folder}")
    os.close(folder)
    return Path(place)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """The user's own directory, with code in it that the user did not make."""
    unpacked = tmp_path / "unpacked"
    CodeCache(unpacked).store(KEY, CODE)
    assert CodeCache(unpacked).load(KEY) == CODE
    return unpacked


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
def test_code_is_not_taken_from_where_another_user_leads_us(
    tmp_path: Path, prepared: Path, mode: int
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    shared.joinpath("compiled").symlink_to(prepared)
    for directory in (shared / "compiled", shared / "compiled" / "below"):
        with pytest.raises(CacheRefused) as refused:
            CodeCache(directory)
        assert refused.value.reason == f"{shared} is not this user's alone"
    assert [len(file.name) for file in prepared.iterdir()] == [64]


def test_nothing_is_made_where_another_user_leads_us(tmp_path: Path) -> None:
    shared, home = tmp_path / "shared", tmp_path / "home"
    home.mkdir()
    shared.mkdir()
    shared.chmod(0o777)
    shared.joinpath("cache").symlink_to(home)
    with pytest.raises(NotOwn):
        open_own_directory(shared / "cache" / "a" / "compiled")
    with pytest.raises(NotOwn):
        open_own_directory(shared / "new" / "compiled")
    assert list(home.iterdir()) == []
    assert [entry.name for entry in shared.iterdir()] == ["cache"]


def test_a_link_to_where_others_may_write_is_followed_no_further(
    tmp_path: Path,
) -> None:
    shared = tmp_path / "shared"
    shared.joinpath("inner").mkdir(parents=True)
    shared.chmod(0o777)
    link = tmp_path / "link"
    link.symlink_to(shared / "inner")
    with pytest.raises(NotOwn) as refused:
        open_own_directory(link)
    assert refused.value.place == str(shared)


@pytest.mark.parametrize("target", ["real", "./real", "other/../real", "absolute"])
def test_the_users_own_link_is_followed(tmp_path: Path, target: str) -> None:
    tmp_path.joinpath("other").mkdir()
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real if target == "absolute" else target)
    assert opened(link) == real
    assert opened(link / "below") == real / "below"


def test_a_link_of_another_user_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like one that anybody can make in a shared directory such as /tmp."""
    sticky, real = tmp_path / "sticky", tmp_path / "real"
    real.mkdir()
    sticky.mkdir()
    sticky.chmod(0o1777)
    sticky.joinpath("cache").symlink_to(real)
    assert opened(sticky / "cache") == real

    def is_no_link(facts: os.stat_result) -> bool:
        return not stat.S_ISLNK(facts.st_mode)

    monkeypatch.setattr(own_directory, "is_ours_or_roots", is_no_link)
    with pytest.raises(NotOwn) as refused:
        open_own_directory(sticky / "cache")
    assert refused.value.place == str(sticky / "cache")
    assert opened(sticky / "mine") == sticky / "mine"


def facts_of(mode: int, owner: int) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 1, owner, owner, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "owner", "is_safe"),
    [
        (0o755, 0, True),
        (0o700, ME, True),
        (0o1777, 0, True),
        (0o1770, ME, True),
        (0o777, 0, False),
        (0o775, ME, False),
        (0o757, ME, False),
        (0o755, OTHER, False),
        (0o1777, OTHER, False),
    ],
)
def test_a_directory_on_the_way_is_safe_from_all_others(
    mode: int, owner: int, is_safe: bool
) -> None:
    facts = facts_of(mode, owner)
    assert is_ours_or_roots(facts) == (owner != OTHER)
    if is_safe:
        require_safe(facts, "/a")
        return
    with pytest.raises(NotOwn, match=r"^/a is not this user's alone$"):
        require_safe(facts, "/a")


def test_what_is_missing_is_made_for_the_user_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        assert opened(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    finally:
        os.umask(old)
    for made in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_directory_on_the_way_need_not_be_readable(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.joinpath("cache").mkdir(parents=True)
    hidden.chmod(0o300)
    assert opened(hidden / "cache") == hidden / "cache"
    hidden.chmod(0o700)


def test_a_path_is_taken_from_where_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert opened(Path("cache")) == tmp_path / "here" / "cache"
    assert opened(Path("../there")) == tmp_path / "there"


def test_a_circle_of_links_is_refused_and_no_file_stays_open(tmp_path: Path) -> None:
    tmp_path.joinpath("a").symlink_to("b")
    tmp_path.joinpath("b").symlink_to("a")
    before = open_files()
    with pytest.raises(CacheRefused) as refused:
        CodeCache(tmp_path / "a")
    assert refused.value.reason == "too many levels of symbolic links"
    tmp_path.joinpath("file").touch()
    with pytest.raises(CacheRefused):
        CodeCache(tmp_path / "file" / "below")
    tmp_path.joinpath("open").mkdir()
    tmp_path.joinpath("open").chmod(0o777)
    with pytest.raises(CacheRefused):
        CodeCache(tmp_path / "open" / "below")
    assert open_files() == before


def test_a_pipe_in_place_of_an_entry_is_not_waited_for(prepared: Path) -> None:
    (entry,) = prepared.iterdir()
    entry.unlink()
    os.mkfifo(entry, 0o600)
    cache = CodeCache(prepared)
    assert cache.load(KEY) is None
    cache.store(KEY, CODE)
    assert cache.load(KEY) == CODE
