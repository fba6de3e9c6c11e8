"""Where an invoice stands, and which moves each state allows.

    received ──examine──▶ at_section ──approve──▶ at_accounting ──approve──▶ at_treasurer
       │                     ▲    │                     │      │                    │
       │                     └────┼─────send_back───────┴──────┼────────────────────┤
       │                          │                            └─────approve────────┤
       │                          ├──return──▶ returned                             ▼
       ├──refuse──▶ refused       │                  paid ◀─settle── handed_over ◀─ approved
       ├──set_aside──▶ duplicate  │                                    └─take_back, fail─▶
       └──withdraw──▶ withdrawn ◀─┘

Between section and accounting stands `at_head` where the route has somebody of the section (課長,
部長) decide after the clerk; it is left the same ways as `at_accounting`.

The treasurer's step is left out where the route by amount gives it to 会計課 (専決). A hold is not
a state but a mark on one: a held invoice stays where it is and cannot move on.

Live invoices hold what they claim (inspection lines, billing periods, their number); the others
gave it back, so that a corrected claim can take it.
"""

from __future__ import annotations

from enum import StrEnum

from einvoice.refusals import MoveNotAllowedError


class State(StrEnum):
    """States of a received invoice."""

    RECEIVED = "received"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    AT_SECTION = "at_section"
    AT_HEAD = "at_head"
    AT_ACCOUNTING = "at_accounting"
    AT_TREASURER = "at_treasurer"
    APPROVED = "approved"
    HANDED_OVER = "handed_over"
    PAID = "paid"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can be done to a received invoice."""

    EXAMINE = "examine"
    REFUSE = "refuse"
    SET_ASIDE = "set_aside"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    RETURN = "return"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"
    TAKE_BACK = "take_back"
    FAIL = "fail"
    SETTLE = "settle"


class Step(StrEnum):
    """The people an invoice passes, each with the state in which it waits for them."""

    SECTION = "section"
    HEAD = "head"
    ACCOUNTING = "accounting"
    TREASURER = "treasurer"

    @property
    def state(self) -> State:
        """Where an invoice stands while this step's people look at it."""
        return _STATE_OF_STEP[self]


_STATE_OF_STEP = {
    Step.SECTION: State.AT_SECTION,
    Step.HEAD: State.AT_HEAD,
    Step.ACCOUNTING: State.AT_ACCOUNTING,
    Step.TREASURER: State.AT_TREASURER,
}
STEP_OF_STATE = {state: step for step, state in _STATE_OF_STEP.items()}

LIVE: frozenset[State] = frozenset(
    {
        State.RECEIVED,
        State.AT_SECTION,
        State.AT_HEAD,
        State.AT_ACCOUNTING,
        State.AT_TREASURER,
        State.APPROVED,
        State.HANDED_OVER,
        State.PAID,
    }
)
"""States that keep what the invoice claims from others."""

WAITING: tuple[State, ...] = (
    State.AT_SECTION,
    State.AT_HEAD,
    State.AT_ACCOUNTING,
    State.AT_TREASURER,
)
"""States in which a person must act."""

# Where each move may start and where it may end. Approve ends at the next step of the route.
MOVES: dict[Move, tuple[frozenset[State], frozenset[State]]] = {
    Move.EXAMINE: (frozenset({State.RECEIVED}), frozenset({State.AT_SECTION})),
    Move.REFUSE: (frozenset({State.RECEIVED}), frozenset({State.REFUSED})),
    Move.SET_ASIDE: (frozenset({State.RECEIVED}), frozenset({State.DUPLICATE})),
    Move.APPROVE: (
        frozenset(WAITING),
        frozenset({State.AT_HEAD, State.AT_ACCOUNTING, State.AT_TREASURER, State.APPROVED}),
    ),
    Move.SEND_BACK: (
        frozenset({State.AT_HEAD, State.AT_ACCOUNTING, State.AT_TREASURER, State.APPROVED}),
        frozenset({State.AT_SECTION}),
    ),
    Move.RETURN: (frozenset({*WAITING, State.APPROVED}), frozenset({State.RETURNED})),
    Move.WITHDRAW: (
        frozenset({State.RECEIVED, State.AT_SECTION}),
        frozenset({State.WITHDRAWN}),
    ),
    Move.HAND_OVER: (frozenset({State.APPROVED}), frozenset({State.HANDED_OVER})),
    Move.TAKE_BACK: (frozenset({State.HANDED_OVER}), frozenset({State.APPROVED})),
    # A transfer can come back after it was recorded as paid (組戻).
    Move.FAIL: (frozenset({State.HANDED_OVER, State.PAID}), frozenset({State.APPROVED})),
    Move.SETTLE: (frozenset({State.HANDED_OVER}), frozenset({State.PAID})),
}

STATE_NAMES: dict[State, tuple[str, str]] = {
    State.RECEIVED: ("受付・内容確認中", "received, being checked"),
    State.REFUSED: ("受付不可", "not accepted"),
    State.DUPLICATE: ("重複のため対象外", "duplicate, set aside"),
    State.AT_SECTION: ("担当課で確認中", "with the section"),
    State.AT_HEAD: ("課の決裁待ち", "with the section's head"),
    State.AT_ACCOUNTING: ("会計課で審査中", "with accounting"),
    State.AT_TREASURER: ("会計管理者の決裁待ち", "with the treasurer"),
    State.APPROVED: ("支払準備", "approved for payment"),
    State.HANDED_OVER: ("支払手続中", "payment under way"),
    State.PAID: ("支払済", "paid"),
    State.RETURNED: ("返戻", "returned"),
    State.WITHDRAWN: ("取下げ", "withdrawn"),
}
MOVE_NAMES: dict[Move, tuple[str, str]] = {
    Move.EXAMINE: ("確認", "examined"),
    Move.REFUSE: ("受付を拒否", "refused"),
    Move.SET_ASIDE: ("重複として除外", "set aside"),
    Move.APPROVE: ("承認", "approved"),
    Move.SEND_BACK: ("担当課へ差し戻し", "sent back to the section"),
    Move.RETURN: ("返戻", "returned"),
    Move.WITHDRAW: ("取下げ", "withdrawn"),
    Move.HAND_OVER: ("引き渡し", "handed over"),
    Move.TAKE_BACK: ("引き渡しの取消し", "taken back"),
    Move.FAIL: ("振込不能の記録", "marked as failed"),
    Move.SETTLE: ("支払済の記録", "marked as paid"),
}


def check_move(state: State, move: Move, *, receipt: str, to: State | None = None) -> State:
    """The state the move leads to. Raises `MoveNotAllowedError` when there is no such move.

    `to` chooses among several ends (approve); it may be left out where there is one.
    """
    starts, ends = MOVES[move]
    if state not in starts or (to is not None and to not in ends):
        raise MoveNotAllowedError(
            receipt=receipt,
            state_ja=STATE_NAMES[state][0],
            state_en=STATE_NAMES[state][1],
            act_ja=MOVE_NAMES[move][0],
            act_en=MOVE_NAMES[move][1],
        )
    if to is not None:
        return to
    (only,) = ends
    return only
