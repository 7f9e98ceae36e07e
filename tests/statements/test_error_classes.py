"""Exceptions that programs and their tests make themselves."""

from __future__ import annotations

import pickle

from ambo.exc import CircularDependencyError, DBAPIError, IntegrityError, ObjectNotExecutableError, OperationalError, StatementError


def test_a_driver_error_is_made_of_statement_parameters_and_cause() -> None:
    cause = ValueError("duplicate")
    error = IntegrityError("INSERT INTO t VALUES (?)", (1,), cause)
    assert (error.statement, error.params, error.orig) == ("INSERT INTO t VALUES (?)", (1,), cause)
    assert str(error) == "(builtins.ValueError) duplicate\n[SQL: INSERT INTO t VALUES (?)]\n[parameters: (1,)]"
    assert OperationalError(statement="x", params={}, orig=cause).orig is cause
    assert DBAPIError("x", {}, cause, True, True).connection_invalidated is True


def test_an_argument_alone_is_the_message() -> None:
    assert str(IntegrityError("taken")) == "taken"


def test_errors_survive_pickling() -> None:
    for error in (
        IntegrityError("INSERT", (1,), ValueError("x")),
        StatementError("what", "SELECT", {}, None, False, "42"),
        ObjectNotExecutableError("SELECT 1"),
        CircularDependencyError("round", ["a"], [("a", "a")], "and round"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert again.code == error.code
