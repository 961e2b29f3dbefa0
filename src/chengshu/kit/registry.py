"""Registries: items of one kind, added once at start-up and then only read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Generic, TypeVar

from chengshu.kit.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Items of one kind under unique keys, checked when added and frozen after start-up."""

    known: "ClassVar[list[Registry[Any]]]" = []

    def __init__(self, kind: str, base: type[T]) -> None:
        Registry.known.append(self)
        self.kind = kind
        self.base = base
        self._items: dict[str, T] = {}
        self._frozen = False

    def add(self, key: str, item: T) -> T:
        if self._frozen:
            raise RuntimeError(f"{self.kind} {key!r} registered after start-up")
        if not isinstance(item, self.base):
            raise TypeError(f"{self.kind} {key!r} must be a {self.base.__name__}, got {item!r}")
        if key in self._items:
            raise ValueError(
                f"{self.kind} {key!r} registered twice: {self._items[key]!r} and {item!r}"
            )
        self._items[key] = item
        return item

    def __getitem__(self, key: str) -> T:
        try:
            return self._items[key]
        except KeyError:
            raise UnknownName(self.kind, key, self._items) from None

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> list[tuple[str, T]]:
        return list(self._items.items())

    def freeze(self) -> None:
        self._frozen = True

    @contextmanager
    def temporarily(self, key: str, item: T) -> Iterator[T]:
        """Lend *item* to a test, frozen or not; an existing item of that key is put back."""
        before = self._items.get(key)
        self._items[key] = item
        try:
            yield item
        finally:
            if before is None:
                del self._items[key]
            else:
                self._items[key] = before
