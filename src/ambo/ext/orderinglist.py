"""Lists that number their members, at SQLAlchemy's path."""

from ambo.mapping.ordering_lists import OrderingList, count_from_0, count_from_1, count_from_n_factory, ordering_list

__all__ = ["OrderingList", "count_from_0", "count_from_1", "count_from_n_factory", "ordering_list"]
