"""Each selection is answered once, by whoever comes first."""

from __future__ import annotations

from utrack_ros.ros.exchange import STOPPED, Outcome, Selection, SelectionCode
from utrack_ros.ros.selection_slot import Asked, SelectionSlot

HUNG = Outcome(SelectionCode.MODEL_NOT_READY, "hung")


def asked(answers: list[Outcome], stops: int = 0) -> Asked:
    return Asked(Selection((1.0, 2.0, 30.0, 40.0)), stops, answers.append)


def test_a_selection_waits_and_is_then_in_progress_and_is_answered_once():
    slot, answers = SelectionSlot(), []
    one = asked(answers, stops=3)
    assert slot.put(one) is None
    assert slot.waiting is one.selection
    assert slot.take() == (one.selection, 3)
    assert slot.waiting is None
    slot.refuse()  # it waits no more
    assert answers == []
    slot.answer(HUNG)
    slot.answer(STOPPED)
    assert answers == [HUNG]


def test_what_is_replaced_is_the_callers_to_answer():
    slot, first, second = SelectionSlot(), [], []
    one, two = asked(first), asked(second)
    slot.put(one)
    assert slot.put(two) is one
    slot.refuse(HUNG)
    assert (first, second) == ([], [HUNG])


def test_what_was_refused_cannot_be_taken_and_is_not_answered_again():
    slot, answers = SelectionSlot(), []
    slot.put(asked(answers))
    slot.refuse()
    assert slot.take() is None
    slot.refuse(HUNG)
    slot.answer(HUNG)
    assert answers == [STOPPED]


def test_an_answer_to_the_one_in_progress_leaves_the_one_that_waits():
    slot, first, second = SelectionSlot(), [], []
    slot.put(asked(first))
    slot.take()
    two = asked(second)
    slot.put(two)
    slot.answer(STOPPED)
    assert (first, second) == ([STOPPED], [])
    assert slot.waiting is two.selection


def test_whoever_is_answered_may_ask_again_at_once():
    slot, answers = SelectionSlot(), []
    again = asked(answers)

    def ask_again(outcome: Outcome) -> None:
        answers.append(outcome)
        slot.put(again)

    slot.put(Asked(again.selection, 0, ask_again))
    slot.refuse()
    assert slot.waiting is again.selection
    slot.take()
    slot.answer(HUNG)
    assert answers == [STOPPED, HUNG]
