"""The tutorial's training in PyTorch, for bench.py's row of a whole process."""
import torch

torch.set_num_threads(1)
torch.manual_seed(0)
learning_rate = 0.01
x = torch.rand([500, 1])
y = 3 * x + 0.8
w = torch.rand([1, 1], requires_grad=True)
b = torch.tensor(0, requires_grad=True, dtype=torch.float64)
for _ in range(2000):
    y_predict = torch.matmul(x, w) + b
    loss = (y - y_predict).pow(2).mean()
    if w.grad is not None:
        w.grad.data.zero_()
    if b.grad is not None:
        b.grad.data.zero_()
    loss.backward()
    w.data = w.data - learning_rate * w.grad
    b.data = b.data - learning_rate * b.grad
print("w,b,loss", w.item(), b.item(), loss.item())
