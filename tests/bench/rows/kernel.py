"""The Jupyter kernel beside ipykernel: the figures of kernel_worker.py."""
from row import Figure, group, other


def figure(name, figure_name, wanted, **more):
    other(name, {"ours": Figure("lua-kernel", figure_name), "ipykernel": Figure("ipykernel", figure_name)},
          {"ipykernel": wanted} if wanted else {}, **more)


group("kernel")
figure("start to the first kernel_info_reply", "start", 35, unit="ms", repeats=15)
figure("execute and its reply, half are faster", "round_trip_half", 15, unit="ms", repeats=5)
figure("execute and its reply, 99 of 100 are faster", "round_trip_most", 15, unit="ms", repeats=5)
figure("completion", "completion", 150, unit="ms", repeats=5)
figure("memory at rest after a cell and a completion", "memory", 8, unit="MB", repeats=1)
figure("100,000 prints", "prints", 8, unit="ms", repeats=3)
figure("an interrupt's answer, worst of ten", "interrupt", None, limit=20, unit="ms", repeats=1)
