"""Lua's operators: + - * / // % ^ and unary -, with a number on either side."""
from case import *

for op in ("+", "-", "*", "/", "//", "%", "^"):
    power = op == "^"
    low, low2 = (0.2, -2) if power else (-2, 0.5)
    case(op, f(2, 3, low=low), f(3, low=low2, high=3))
    case(op, d(2, 2, low=low).t, f(2, low=low2, high=3))
    case(op, l(4, low=1), l(4, low=1, high=3))
    for number in (2, 0.5):
        case(op, f(2, 3, low=0.25), number)
        case(op, number, f(2, 3, low=0.25))
        case(op, d(2, low=0.25), number)
        case(op, number, d(2, low=0.25))
        case(op, l(3, low=1), number)
        case(op, number, l(3, low=1))
    error(op, f(2, 3), f(2))
case("unary -", f(2, 3))
case("unary -", l(3))
case("unary -", d())
error("unary -", b(2))
