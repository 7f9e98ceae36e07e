"""One file a peer: the same cases, each in that library's own best idiom.

    a   500 times: get a user by primary key in a fresh session      d   500 times: filter, order, LIMIT 10, built afresh
    b   every user as an object                                      e1  insert 10,000 new objects and commit
    cs  1,000 users with addresses and orders, selectin              e2  insert 300 objects, a commit each
    cj  1,000 users with addresses, joined                           f   change 1,000 loaded objects and commit
    h   1,000 tasks "get a user and its addresses", pool of 10       g   delete 1,000 loaded objects and commit
"""
