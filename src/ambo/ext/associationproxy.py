"""Association proxies, at SQLAlchemy's path."""

from ambo.mapping.association_collections import (
    AssociationDict as _AssociationDict,
    AssociationList as _AssociationList,
    AssociationSet as _AssociationSet,
)
from ambo.mapping.association_proxies import ASSOCIATION_PROXY, AssociationProxy, AssociationProxyInstance, association_proxy
from ambo.mapping.markers import AssociationProxyExtensionType

__all__ = [
    "ASSOCIATION_PROXY",
    "AssociationProxy",
    "AssociationProxyExtensionType",
    "AssociationProxyInstance",
    "_AssociationDict",
    "_AssociationList",
    "_AssociationSet",
    "association_proxy",
]
