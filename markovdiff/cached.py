"""A property that is found once and kept, without a lock.

`functools.cached_property` of Python 3.11 has one lock for a property of all objects, held while it is found. Beside
`ALONE`, the lock around FLINT's precision, that is a deadlock: one thread finds the property of one object and waits
for `ALONE`, another has `ALONE` and asks for the property of another object. From Python 3.12 on there is no lock, and
two threads may be given two objects. Here both may find it, and both are given what was kept first.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property(functools.cached_property):  # noqa: N801  (it is named as in functools)
        """Find the attribute when it is first asked for, and keep it in the object's own dictionary."""

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            """Return what was kept, of an object; of its class, this property."""
            if instance is None:
                return self
            return instance.__dict__.setdefault(self.attrname, self.func(instance))


__all__ = ["cached_property"]
