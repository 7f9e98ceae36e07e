"""The statements layer: SQL as a tree of nodes, without any database, class or session.

Importing this package imports its modules in the order that fills in `late.py`.
"""
