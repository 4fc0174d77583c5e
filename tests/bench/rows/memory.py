"""Memory: the network's step at its most, and a loop that asks the system for nothing."""
from row import Command, group, other, script

group("memory")
for way in ("collector", "scope"):
    other(f"784-128-10, batch 64: most held, by {way}",
          {"ours": Command(["lua5.4", script("peak.lua"), way], prints=True),
           "torch": Command(["python", script("peak.py")], prints=True)}, {"torch": 1}, unit="MB", repeats=1)
other("100,000 steps of 2-16-1: calls for memory after 100",
      {"ours": Command(["bench-steps", "calls"], prints=True)}, {}, limit=0, unit="", repeats=1)
other("100,000 steps of 2-16-1: growth after 100",
      {"ours": Command(["bench-steps", "growth"], prints=True)}, {}, limit=64, unit="kB", repeats=1)
