"""The kernel of an installed tree, started by its own kernelspec: kernel.py PREFIX.

It is the program of that tree, and finds that tree's modules by itself; an interrupt ends a long
matrix product, and a large tensor is shown in short."""

import json
import os
import sys
import time

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

prefix = os.path.realpath(sys.argv[1])
kernels = os.path.join(prefix, "share/jupyter/kernels")
spec = os.path.join(kernels, "lua-5.4")
with open(os.path.join(spec, "kernel.json"), encoding="utf-8") as file:
    assert json.load(file)["argv"][0] == os.path.join(prefix, "bin/lua-kernel")
for logo in ("logo-32x32.png", "logo-64x64.png"):
    with open(os.path.join(spec, logo), "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
with open(os.path.join(spec, "logo-svg.svg"), encoding="utf-8") as file:
    assert file.read().startswith("<svg")

manager = KernelManager(kernel_name="lua-5.4", kernel_spec_manager=KernelSpecManager(kernel_dirs=[kernels]))
manager.start_kernel(env={k: v for k, v in os.environ.items() if k not in ("LUA_PATH", "LUA_CPATH")})
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=30)
    code = """local ag = require "autograd"
    assert(require "jupyter" == jupyter)
    assert(require "autograd.plot")
    return package.searchpath("autograd", package.cpath), package.searchpath("autograd.plot", package.path), ag.ones(2)"""
    outputs = []
    reply = client.execute_interactive(code, timeout=30, output_hook=outputs.append)
    assert reply["content"]["status"] == "ok", reply["content"]
    shown = [m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "execute_result"]
    module, plot, tensor = shown[0].split("\t")
    assert module == os.path.join(prefix, "lib/lua/5.4/autograd.so"), module
    assert plot.startswith(os.path.join(prefix, "share/lua/5.4/autograd/plot")), plot
    assert tensor == "tensor([1., 1.])", tensor

    # Minutes of work: with size n a product takes n^3 multiplications.
    client.execute("ag = require 'autograd' x = ag.ones(4000, 4000) print('begun') for i = 1, 100 do x:matmul(x) end")
    while client.get_iopub_msg(timeout=30)["content"].get("text") != "begun\n":
        pass
    time.sleep(0.3)
    begin = time.monotonic()
    manager.interrupt_kernel()
    content = client.get_shell_msg(timeout=30)["content"]
    assert content["ename"] == "Interrupt", content
    assert time.monotonic() - begin < 5

    outputs.clear()
    client.execute_interactive("x:size(1), x", timeout=30, output_hook=outputs.append)
    shown = [m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "execute_result"]
    assert shown[0].startswith("4000\ttensor([[1., 1., 1.,  ..., 1., 1., 1.],") and len(shown[0]) < 1000, shown
finally:
    client.stop_channels()
    manager.shutdown_kernel()
