"""Isolation: what tests and fixtures do to the chain ends with them."""

import pytest

from tests.contract_testing.plugin.conftest import Run

pytest_plugins = "pytester"

TESTS = """
import pytest

@pytest.fixture
def twice(counter):
    counter.increment()
    return counter

def test_one(counter):
    counter.increment()
    assert counter.get.call() == 2

def test_two(twice):
    assert twice.get.call() == 2

def test_three(counter, cvm):
    assert counter.get.call() == 1
    assert cvm.chain.head.header.number == 2

class TestClass:
    @pytest.fixture(scope="class")
    def more(self, counter):
        counter.increment()
        return counter

    def test_of_class(self, more):
        more.increment()
        assert more.get.call() == 3

    def test_of_class_again(self, more):
        assert more.get.call() == 2

def test_after_the_class(counter):
    assert counter.get.call() == 1
"""


@pytest.mark.parametrize("order", [[], ["--reversed"], ["-k", "two or again"]])
def test_each_test_begins_on_its_fixtures(
    project: pytest.Pytester, run: Run, order: list[str]
) -> None:
    project.makepyfile(test_a=TESTS, test_b=TESTS)
    if order == ["--reversed"]:
        order = []
        project.makeconftest(
            (project.path / "conftest.py").read_text()
            + "\ndef pytest_collection_modifyitems(items):\n    items.reverse()\n"
        )
    result = run(*order)
    result.assert_outcomes(passed=4 if order else 12, deselected=8 if order else 0)


def test_wide_fixtures_are_left_in_any_order(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def of_session(cvm):
            cvm.send(cvm.accounts[1], value=5)

        @pytest.fixture(scope="module", params=[1, 2])
        def of_module(cvm, request):
            cvm.deal(b"\\x22" * 20, request.param)
            return request.param

        def test_module(of_module, cvm):
            assert cvm.chain.balance(b"\\x22" * 20) == of_module

        def test_session(of_module, cvm, request):
            request.getfixturevalue("of_session")
            assert cvm.chain.balance(cvm.accounts[1]) == 10_000 * 10**18 + 5
            assert cvm.chain.balance(b"\\x22" * 20) == of_module

        """,
        test_zz_other="""
        def test_nothing_of_the_module_is_left(cvm):
            assert cvm.chain.balance(b"\\x22" * 20) == 0
        """,
    )
    run().assert_outcomes(passed=5)


def test_a_wider_fixture_on_top_of_a_tests_changes_is_refused(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def late(cvm):
            cvm.roll(by=1)
            return 7

        def test_late(cvm, request):
            cvm.roll(by=1)
            request.getfixturevalue("late")

        def test_in_time(late, cvm):
            assert late == 7
            assert cvm.chain.head.header.number == 1

        def test_moved_up(cvm, request):
            assert request.getfixturevalue("late") == 7
            cvm.roll(by=1)
        """
    )
    result = run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*fixture late (module) must be requested before the test changes the chain*"]
    )


def test_clock_names_senders_and_edits_go_back_too(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_all(cvm, counter, turn):
            before = cvm.chain.clock.next_time
            with pytest.raises(ValueError):
                cvm.accounts[""]
            assert cvm.warp(by="7d") == before + 7 * 86_400
            counter.increment()
            assert cvm.chain.head.header.timestamp == before + 7 * 86_400
            assert cvm.chain.balance(cvm.accounts["alice"]) == 10_000 * 10**18
            cvm.chain.edits.set_balance(cvm.accounts["alice"], 1)
            cvm._world.book.senders.append(cvm.accounts[3])
            cvm.load(counter.address, ["f()"], label="other")
            assert cvm.address("other") == counter.address

        def test_nothing_is_left(cvm):
            assert cvm._world.book.senders == []
            assert list(cvm._world.book.names) == []
            assert cvm.chain.head.header.number == 0
        """,
        test_nothing="""
        def test_nothing_is_left(cvm):
            assert list(cvm._world.book.names) == []
            assert cvm.chain.head.header.number == 0
        """,
    )
    result = run()
    # The first file's last test still has its module's contract.
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_clock*::test_nothing_is_left*"])


def test_examples_of_a_property_do_not_see_each_other(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        """
        from hypothesis import given, strategies

        @given(number=strategies.integers(0, 3))
        def test_property(counter, number):
            assert counter.get.call() == 1
            for _ in range(number):
                counter.increment()
        """
    )
    run().assert_outcomes(passed=1)


def test_isolation_can_be_left_out(project: pytest.Pytester, run: Run) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.contractvm_no_isolation
        def test_first(counter):
            counter.increment()

        def test_second(counter):
            assert counter.get.call() == 2
            counter.increment()

        def test_third(counter):
            assert counter.get.call() == 2
        """
    )
    run("--strict-markers").assert_outcomes(passed=3)
    result = run("--contract-isolation", "none")
    result.assert_outcomes(passed=2, failed=1)


def test_a_test_cannot_go_back_below_its_beginning(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        """
        import threading
        import pytest
        from contract_testing.plugin.world import SnapshotOutOfScope, WrongThread

        @pytest.fixture(scope="module")
        def old(cvm):
            snapshot = cvm.snapshot()
            cvm.roll(by=1)
            return snapshot

        def test_own(cvm, old):
            mine = cvm.snapshot()
            cvm.roll(by=2)
            cvm.revert(mine)
            assert cvm.chain.head.header.number == 1
            with pytest.raises(SnapshotOutOfScope):
                cvm.revert(old)

        def test_thread(cvm):
            errors = []

            def work():
                try:
                    cvm.roll(by=1)
                except WrongThread as error:
                    errors.append(error)

            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            assert len(errors) == 1
        """
    )
    run().assert_outcomes(passed=2)
