"""Setting, deleting and reading attributes: history, states, events, copies, pickles, classes with a __setattr__ of their own."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from ambo import event, inspect
from ambo.errors import ArgumentError, DetachedInstanceError, InvalidRequestError, UnmappedInstanceError
from ambo.mapping.shared_state import SharedState
from ambo.mapping.state import InstanceState, peek_state, state_of
from ambo.orm import DeclarativeBase, Mapped, mapped_column, validates
from ambo.orm.attributes import NO_VALUE, flag_modified, get_history, set_committed_value
from shelves import Base, Book, Shelf


class FakeSession:
    """Stands for a session: notes what it is told, loads what it is given."""

    is_async = False
    _frame = None

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.told: list[Any] = []

    def register_modified(self, state: Any, obj: Any) -> None:
        self.told.append(("modified", obj))

    def cascade_attached(self, state: Any, child: Any, prop: Any) -> None:
        self.told.append(("attached", child.obj(), prop.key))

    def peek_attribute(self, obj: Any, state: Any, prop: Any) -> Any:
        return NO_VALUE

    def load_attribute(self, obj: Any, state: Any, prop: Any) -> Any:
        self.told.append(("load", prop.key))
        return self.values[prop.key]


def clean(session: FakeSession | None = None, **values: Any) -> Book:
    """Return a book as a loader leaves it."""
    made: Book = Book.__mapper__.new()
    made.__dict__.update(values, _sa_instance_state=SharedState(None if session is None else lambda: session, Book.__mapper__))
    return made


def test_reading_a_loaded_value_promotes_nothing() -> None:
    book = clean(id=1, title="x")
    assert book.title == "x"
    assert peek_state(book).__class__ is SharedState


def test_the_first_change_promotes_and_keeps_what_the_database_has() -> None:
    session = FakeSession()
    book = clean(session, id=1, title="x")
    book.title = "y"
    book.title = "z"
    state = state_of(book)
    assert state.committed == {"title": "x"}
    assert state.key == (Book, (1,), None)
    assert state.persistent
    assert session.told == [("modified", book)]
    assert inspect(book).attrs.title.history == (["z"], (), ["x"])


def test_setting_back_is_no_change() -> None:
    book = clean(id=1, title="x")
    book.title = "y"
    book.title = "x"
    assert get_history(book, "title") == ((), ["x"], ())


def test_the_old_value_of_an_unloaded_attribute_is_unknown() -> None:
    session = FakeSession()
    book = clean(session, id=1)
    book.text = "new"
    assert state_of(book).committed == {"text": NO_VALUE}
    assert ("load", "text") not in session.told


def test_objects_made_alike_have_their_changes_in_common_until_one_differs() -> None:
    one, other = Book(title="x", text="t"), Book(title="y", text="u")
    assert state_of(one).committed is state_of(other).committed
    one.id = 1
    del one.text
    other.title = "z"
    assert state_of(one).committed == dict.fromkeys(["title", "text", "id"], NO_VALUE)
    set_committed_value(one, "title", "w")
    assert "title" not in state_of(one).committed
    assert state_of(other).committed == dict.fromkeys(["title", "text"], NO_VALUE) == state_of(Book(title="", text="")).committed
    assert get_history(other, "title") == (["z"], (), ())
    copied = pickle.loads(pickle.dumps(other))
    copied.id = 2
    assert set(state_of(copied).committed) == {"title", "text", "id"}


def test_shared_changes_cannot_be_written_to() -> None:
    for state in (state_of(Book(title="x")), state_of(clean(id=1))):
        with pytest.raises(TypeError, match="own"):
            state.committed["text"] = None
        with pytest.raises(TypeError, match="own"):
            state.committed.setdefault("text", None)
        assert state.own("committed") is state.committed is state.own("committed")


def test_a_new_listener_hears_of_objects_made_like_earlier_ones() -> None:
    class Own(DeclarativeBase):
        pass

    class Heard(Own):
        __tablename__ = "heard"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    Heard(name="before")
    told: list[Any] = []
    event.listen(Heard.name, "set", lambda target, value, old, initiator: told.append(value))
    Heard(name="after")
    assert told == ["after"]


def test_missing_values_are_asked_of_the_session_and_never_attribute_errors() -> None:
    book = clean(FakeSession(text="long"), id=1)
    assert book.text == "long"
    with pytest.raises(DetachedInstanceError, match=r"Book\.text is not loaded"):
        hasattr(clean(id=1), "text")


def test_a_new_object_reads_none_and_empty_collections() -> None:
    book = Book()
    assert book.title is None
    assert book.tags == set()
    assert "tags" not in book.__dict__
    assert inspect(book).transient


def test_deleting_writes_null_and_reads_none() -> None:
    book = clean(id=1, title="x")
    del book.title
    assert book.title is None
    assert get_history(book, "title") == ((), (), ["x"])
    with pytest.raises(AttributeError):
        del Book().title


def test_expired_values_are_loaded_again() -> None:
    book = clean(FakeSession(title="fresh"), id=1, title="x", text="t")
    state_of(book).expire(["title"])
    assert book.title == "fresh"
    assert book.text == "t"
    assert state_of(book).expired_attributes == {"title"}


def test_set_committed_value_leaves_no_history() -> None:
    book = Book(title="x")
    set_committed_value(book, "title", "y")
    assert get_history(book, "title") == ((), ["y"], ())


def test_flag_modified_needs_a_value() -> None:
    book = clean(FakeSession(), id=1, title="x")
    flag_modified(book, "title")
    assert get_history(book, "title") == (["x"], (), ())
    with pytest.raises(InvalidRequestError, match="can't flag attribute 'text' modified"):
        flag_modified(book, "text")


def test_listeners_may_replace_the_value() -> None:
    made = _fresh_class()
    seen: list[Any] = []
    event.listen(made.name, "set", lambda obj, value, old, token: value.upper(), retval=True)
    event.listen(made.name, "set", lambda obj, value, old, token: seen.append((value, old, token.key)))
    one = made(name="x")
    one.name = "y"
    assert one.name == "Y"
    assert seen == [("X", NO_VALUE, "name"), ("Y", "X", "name")]


def test_listeners_of_a_superclass_are_heard_below_if_they_propagate() -> None:
    made = _fresh_class()
    heard: list[str] = []
    event.listen(made.name, "set", lambda *_: heard.append("propagated"), propagate=True)
    event.listen(made.name, "set", lambda *_: heard.append("own"))

    class Sub(made):  # type: ignore[misc,valid-type]
        pass

    Sub(name="x")
    assert heard == ["propagated"]


def test_coroutine_listeners_of_synchronous_events_are_refused() -> None:
    async def listener(*_: Any) -> None: ...

    with pytest.raises(ArgumentError, match="plain function"):
        event.listen(Book, "load", listener)


def test_init_events_and_failures() -> None:
    made = _fresh_class()
    heard: list[Any] = []
    event.listen(made, "init", lambda obj, args, kwargs: heard.append(kwargs))
    event.listen(made, "init_failure", lambda obj, args, kwargs: heard.append("failed"))
    with pytest.raises(TypeError):
        made(nope=1)
    assert heard == [{"nope": 1}, "failed"]


def _fresh_class() -> Any:
    class Fresh(DeclarativeBase):
        pass

    class Named(Fresh):
        __tablename__ = "named"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    return Named


def test_a_class_keeps_its_own_setattr() -> None:
    class Fresh(DeclarativeBase):
        pass

    class Shouting(Fresh):
        __tablename__ = "shouting"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

        def __setattr__(self, key: str, value: Any) -> None:
            super().__setattr__(key, value.upper() if isinstance(value, str) else value)

    one = Shouting(name="x")
    assert one.name == "X"
    assert get_history(one, "name") == (["X"], (), ())


def test_validators_check_scalars_and_members() -> None:
    class Fresh(DeclarativeBase):
        pass

    class Checked(Fresh):
        __tablename__ = "checked"
        id: Mapped[int] = mapped_column(primary_key=True)
        email: Mapped[str]

        @validates("email")
        def check(self, key: str, value: str) -> str:
            if "@" not in value:
                raise ValueError(f"{key} is no address")
            return value.lower()

    assert Checked(email="A@B").email == "a@b"
    with pytest.raises(ValueError, match="email is no address"):
        Checked(email="x")


def test_a_copy_is_transient_and_has_collections_of_its_own() -> None:
    book = clean(id=1, title="x")
    shelf = Shelf(books=[book])
    twin = copy.copy(book)
    assert state_of(twin).transient
    assert twin.title == "x"
    other = copy.copy(shelf)
    other.books.clear()
    assert shelf.books == [book]
    deep = copy.deepcopy(book)
    assert state_of(deep).key is None


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_keep_identity_history_and_links(protocol: int) -> None:
    book = clean(id=1, title="x")
    back = pickle.loads(pickle.dumps(book, protocol))
    assert state_of(back).key == (Book, (1,), None)
    assert state_of(back).detached
    shelf = Shelf(name="s", books=[Book(title="a"), Book(title="b")])
    again = pickle.loads(pickle.dumps(shelf, protocol))
    assert [one.title for one in again.books] == ["a", "b"]
    assert again.books[0].shelf is again
    again.books.pop()
    assert len(get_history(again, "books").added) == 1


def test_what_is_not_mapped_has_no_state() -> None:
    with pytest.raises(UnmappedInstanceError, match="is not an object of a mapped class"):
        state_of(object())
    with pytest.raises(UnmappedInstanceError, match="not the class"):
        state_of(Book)
    shelf = Shelf()
    with pytest.raises(UnmappedInstanceError):
        shelf.books.append("no book")  # type: ignore[arg-type]


def test_objects_are_freed_without_the_collector() -> None:
    import gc
    import weakref

    gc.disable()
    try:
        book = Book(title="x", tags=set())
        gone = weakref.ref(book)
        del book
        assert gone() is None
    finally:
        gc.enable()


def test_every_mapped_class_has_a_layout_twin() -> None:
    for mapper in Base.registry.mappers:
        made = object.__new__(mapper.twin)
        made.__class__ = mapper.class_
        assert isinstance(made, mapper.class_)
        assert isinstance(state_of(made), InstanceState)


def test_the_state_stands_where_programs_look_for_it() -> None:
    book = Book(title="x")
    values = dict(book.__dict__)
    assert values.pop("_sa_instance_state") is inspect(book)
    assert values == {"title": "x"}
    state = clean(id=1)._sa_instance_state
    assert (state.persistent, state.detached, state.transient) == (False, True, False)
