"""What a program pays before its first tensor, and a whole short one."""
from row import Command, group, other, script

HELD = """for line in io.lines '/proc/self/status' do
    local kilobytes = line:match '^VmHWM:%s+(%d+)'
    if kilobytes then print(kilobytes / 1024) end
end"""

group("start")
other("require \"autograd\", beyond bare lua5.4",
      {"ours": Command(["lua5.4", "-e", "require 'autograd'"]), "bare": Command(["lua5.4", "-e", "local _ = 1"]),
       "torch": Command(["python", "-c", "import torch"])}, {}, limit=4, unit="ms", repeats=7)
other("require \"autograd\", beyond bare lua5.4",
      {"ours": Command(["lua5.4", "-e", "require 'autograd' " + HELD], prints=True),
       "bare": Command(["lua5.4", "-e", HELD], prints=True)}, {}, limit=4, unit="MB", repeats=3)
other("the tutorial's training, 2000 iterations",
      {"ours": Command(["lua5.4", script("training.lua")]), "torch": Command(["python", script("training.py")])},
      {}, limit=50, unit="ms", repeats=7)
