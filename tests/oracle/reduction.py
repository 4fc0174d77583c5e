"""What every reduction is asked: all dims, each dim and several, with and without keepdim."""
from case import *


def reduction(op, *, make=f, double=d, full=True, several=True, ints=True, empty=True, low=-2, **kwargs):
    """Over all, over each dim and over several, with and without keepdim."""
    for shape in ((2, 3), (), (1,), (2, 1, 3)) if full else ():
        case(op, make(*shape, low=low), **kwargs)
    if full:
        case(op, double(3, 4, low=low).t, **kwargs)
        case(op, make(7, low=low).s, **kwargs)
        case(op, make(3, 2, low=low).e, **kwargs)
        edge(op, make(300, low=low), **kwargs)
    for dim in (0, 1, -1, -3):
        case(op, make(2, 3, 4, low=low), D(dim), **kwargs)
    case(op, double(3, 4, low=low).t, D(0), **kwargs)
    case(op, double(3, 4, low=low).t, D(1), **kwargs)
    case(op, make(2, 3, low=low).s, dim=D(1), keepdim=True, **kwargs)
    case(op, make(2, 3, low=low), D(0), True, **kwargs)
    case(op, make(low=low), D(0), **kwargs)
    case(op, make(low=low), D(-1), **kwargs)
    case(op, make(4, 1, low=low), D(1), **kwargs)
    edge(op, make(5, 33, low=low), D(1), **kwargs)
    edge(op, make(33, 5, low=low), D(0), **kwargs)
    edge(op, make(0, 3, low=low), D(1), **kwargs)
    (edge if empty else error)(op, make(0, 3, low=low), D(0), **kwargs)
    if full:
        (edge if empty else error)(op, make(0, low=low), **kwargs)
    if several:
        case(op, make(2, 3, 4, low=low), DL(0, 2), **kwargs)
        case(op, make(2, 3, 4, low=low), DL(-1, 0), keepdim=True, **kwargs)
        case(op, double(2, 3, 4, low=low).t, dim=DL(1, 2), **kwargs)
        case(op, make(2, 3, low=low), DL(1), **kwargs)
        error(op, make(2, 3, low=low), DL(0, 0), **kwargs)
    if ints:
        for other in (l, i, u, b):
            if full:
                case(op, other(2, 3), **kwargs)
            case(op, other(2, 3), D(0), **kwargs)
    error(op, make(2, 3, low=low), D(2), **kwargs)
    error(op, make(2, 3, low=low), D(-3), **kwargs)
    error(op, make(low=low), D(1), **kwargs)


NANS = [[1.0, NAN, 3.0], [INF, -INF, 2.0], [INF, 1.0, INF], [-INF, -INF, -INF]]
