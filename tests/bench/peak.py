"""The most megabytes of tensors that PyTorch's allocator counts over the steps of peak.lua."""
import json
import os
import tempfile

import torch
from torch.profiler import ProfilerActivity, profile

torch.set_num_threads(1)
with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
    x, classes = torch.randn(64, 784), torch.randint(0, 10, (64,))
    w1, b1 = (torch.randn(784, 128) * 0.05).requires_grad_(), torch.zeros(128, requires_grad=True)
    w2, b2 = (torch.randn(128, 10) * 0.1).requires_grad_(), torch.zeros(10, requires_grad=True)
    parameters = [w1, b1, w2, b2]
    for _ in range(10):
        for p in parameters:
            p.grad = None
        loss = torch.nn.functional.cross_entropy((x.matmul(w1) + b1).relu().matmul(w2) + b2, classes)
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= 0.01 * p.grad
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "trace.json")
    profiler.export_chrome_trace(path)
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
print(max(event["args"]["Total Allocated"] for event in events if event["name"] == "[memory]") / 2 ** 20)
