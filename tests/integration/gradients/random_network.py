"""A random network, as YAML for acf-vp and as a function of torch tensors."""
import torch
import torch.nn.functional as F

import philox


class Network:
    """Layers as the YAML file lists them; parameters in their order. Values are [samples, channels, height, width]."""

    def __init__(self, random, channels, height, width):
        self.random, self.input = random, (channels, height, width)
        self.lines, self.steps = [], []
        self.weights, self.norms = [], []  # [weight, bias]; [factor, offset], and running mean and variance
        self.shape, self.names, self.dropouts = self.input, 0, 0
        generator = torch.Generator().manual_seed(random.randrange(1 << 31))
        self.draw = lambda *shape: torch.randn(*shape, generator=generator).float().double()
        self.build()

    # --- layers -------------------------------------------------------------------------------------------------------

    def add(self, line, step, **keys):
        """`step` maps the list of all values so far to the next one."""
        text = ", ".join(f"{key}: {value}" for key, value in keys.items())
        self.lines.append(f"  - {line}" + (f": {{{text}}}" if keys else ""))
        self.steps.append(step)

    def name(self):
        self.names += 1
        return f"n{self.names}"

    def conv(self, filters, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, **keys):
        channels, *size = self.shape
        inputs = channels // groups * kernel[0] * kernel[1]
        weight = (self.draw(filters, inputs) * (2 / inputs) ** 0.5).float().double()
        number = len(self.weights)
        self.weights.append([weight, self.draw(filters) * 0.1])

        def step(value, net):
            w, b = net.weights[number]
            w = w.reshape(filters, *kernel, channels // groups).permute(0, 3, 1, 2)
            return F.conv2d(value, w, b, stride, padding, dilation, groups)
        self.shape = (filters, *((n + 2 * p - d * (k - 1) - 1) // s + 1
                                 for n, p, d, k, s in zip(size, padding, dilation, kernel, stride)))
        self.add("conv2d", step, filters=filters, kernel=list(kernel), stride=list(stride), padding=list(padding),
                 dilation=list(dilation), groups=groups, **keys)

    def linear(self, outputs):
        inputs = self.shape[0]
        weight = (self.draw(outputs, inputs) * (2 / inputs) ** 0.5).float().double()
        number = len(self.weights)
        self.weights.append([weight, self.draw(outputs) * 0.1])
        self.shape = (outputs, 1, 1)
        self.add("linear", lambda x, net: F.linear(x.flatten(1), *net.weights[number])[:, :, None, None],
                 outputs=outputs)

    def norm(self, **keys):
        channels, number = self.shape[0], len(self.norms)
        epsilon, momentum = self.random.choice((1e-5, 1e-2)), self.random.choice((0.1, 0.5))
        self.norms.append([1 + 0.3 * self.draw(channels), 0.3 * self.draw(channels), 0.2 * self.draw(channels),
                           1 + 0.1 * self.draw(channels).abs()])

        def step(x, net):
            factor, offset, mean, variance = net.norms[number]
            return F.batch_norm(x, mean, variance, factor, offset, True, momentum, epsilon)
        self.add("batch_norm", step, epsilon=epsilon, momentum=momentum, **keys)

    def relu(self, **keys):
        self.add("relu", lambda x, _: F.relu(x), **keys)

    def dropout(self):
        share, number = self.random.choice((0.1, 0.5, 0.8)), self.dropouts
        self.dropouts += 1
        shape = self.shape
        kept = []

        def step(x, _):
            if not kept:
                kept.append(philox.dropout(number, share, x.shape[0], *shape))
            return x * kept[0] / (1 - share)
        self.add("dropout", step, share=share)

    def pool(self):
        _, *size = self.shape
        kernel = [self.random.randint(1, min(3, n)) for n in size]
        stride = [self.random.randint(1, 3) for _ in size]
        padding = [self.random.randint(0, k // 2) for k in kernel]
        if self.random.random() < 0.5:
            self.add("max_pool", lambda x, _: F.max_pool2d(x, kernel, stride, padding), kernel=kernel, stride=stride,
                     padding=padding)
        else:
            self.add("average_pool", lambda x, _: F.avg_pool2d(x, kernel, stride, padding), kernel=kernel,
                     stride=stride, padding=padding)
        self.shape = (self.shape[0], *((n + 2 * p - k) // s + 1 for n, p, k, s in zip(size, padding, kernel, stride)))

    # --- larger parts -------------------------------------------------------------------------------------------------

    def any_conv(self):
        _, *size = self.shape
        kernel = [self.random.randint(1, min(4, n)) for n in size]
        dilation = [self.random.randint(1, 2) if 2 * (k - 1) < n else 1 for k, n in zip(kernel, size)]
        padding = [self.random.randint(0, k - 1) for k in kernel]
        stride = [self.random.randint(1, 3) if n > 4 else 1 for n in size]
        channels = self.shape[0]
        groups = self.random.choice([g for g in range(1, channels + 1) if channels % g == 0])
        filters = groups * self.random.randint(1, max(1, 10 // groups))
        self.conv(filters, kernel, stride, padding, dilation, groups)
        # A normalisation behind one weight for each output leaves no gradient but what rounding makes of it.
        if self.random.random() < 0.6 and channels // groups * kernel[0] * kernel[1] > 1:
            self.norm()
        if self.random.random() < 0.7:
            self.relu()

    def relu_behind_pooling(self):
        self.conv(self.random.randint(1, 6), (2, 2), padding=(1, 1))
        _, *size = self.shape
        self.add("max_pool", lambda x, _: F.max_pool2d(x, 2, 1), kernel=2, stride=1)
        self.shape = (self.shape[0], *(n - 1 for n in size))
        self.relu()

    def residual(self):
        """A block whose shortcut is the identity, or a convolution of one tap with the block's stride."""
        before, start = self.name(), self.shape
        kept = []

        def keep(x, _):
            kept[:] = [x]
            return F.relu(x)
        self.conv(self.shape[0], (3, 3), padding=(1, 1))
        start = self.shape
        self.norm()

        def keep_relu(x, _):
            kept[:] = [F.relu(x)]
            return kept[0]
        self.add("relu", keep_relu, name=before)
        plain = self.random.random() < 0.5
        filters, stride = (start[0], (1, 1)) if plain else (self.random.randint(2, 10), (2, 2))
        self.conv(filters, (3, 3), stride, (1, 1))
        self.norm()
        self.relu()
        behind = self.name()
        self.conv(filters, (3, 3), padding=(1, 1))
        self.norm(name=behind)
        if plain:
            self.add("add", lambda x, _: x + kept[0], inputs=f"[{behind}, {before}]")
        else:
            end, short, deep = self.shape, self.name(), []
            last = self.steps[-1]

            def keep_deep(x, net):
                deep[:] = [last(x, net)]
                return kept[0]  # what the shortcut reads
            self.steps[-1] = keep_deep
            self.shape = start
            self.conv(filters, (1, 1), stride, name=short, input=before)
            assert self.shape == end
            self.add("add", lambda x, _: x + deep[0], inputs=f"[{short}, {behind}]")
        if self.random.random() < 0.7:
            self.relu()

    def branches(self):
        """Two or three convolutions of one input beside each other, and the input itself."""
        self.conv(self.random.randint(1, 7), (3, 3), padding=(1, 1))
        stem, shape, parts, names = self.name(), self.shape, [], []
        self.norm(name=stem)
        start = self.steps[-1]

        def keep(value, net):
            parts[:] = [start(value, net)]
            return parts[0]
        self.steps[-1] = keep
        channels = 0
        for _ in range(self.random.randint(2, 3)):
            self.shape = shape
            name, size = self.name(), self.random.choice((1, 3))
            groups = self.random.choice((1, shape[0]))
            self.conv(groups * self.random.randint(1, 5), (size, size), padding=(size // 2,) * 2, groups=groups,
                      input=stem, name=name)
            last = self.steps[-1]

            def branch(_, net, last=last):
                parts.append(last(parts[0], net))
                return parts[-1]
            self.steps[-1] = branch
            names.append(name)
            channels += self.shape[0]
        self.add("concat", lambda _, net: torch.cat(parts[1:] + parts[:1], 1), inputs=f"[{', '.join(names + [stem])}]")
        self.shape = (channels + shape[0], *shape[1:])

    def build(self):
        for _ in range(self.random.randint(1, 3)):
            self.random.choice((self.any_conv, self.residual, self.branches))()
            if self.random.random() < 0.4:
                self.pool()
            if self.random.random() < 0.2:
                self.relu_behind_pooling()
        if self.random.random() < 0.5:
            self.dropout()  # a channel of zeros has no deviation to be normalised by
        if self.random.random() < 0.5:
            self.add("global_average_pool", lambda x, _: x.mean((2, 3), keepdim=True))
            self.shape = (self.shape[0], 1, 1)
        self.add("flatten", lambda x, _: x.permute(0, 2, 3, 1).flatten(1)[:, :, None, None])
        self.shape = (self.shape[0] * self.shape[1] * self.shape[2], 1, 1)
        if self.random.random() < 0.5:
            self.linear(self.random.randint(3, 20))
            if self.random.random() < 0.5:
                self.norm()
            self.relu()
            if self.random.random() < 0.5:
                self.dropout()
        self.linear(10)

    # --- what becomes of it -------------------------------------------------------------------------------------------

    def yaml(self):
        channels, height, width = self.input
        return "\n".join([f"input: {{channels: {channels}, height: {height}, width: {width}}}", "layers:", *self.lines,
                          "  - softmax_cross_entropy", ""])

    def start(self):
        """Parameters by the names that acf-vp gives them."""
        arrays = {}
        for n, (weight, bias) in enumerate(self.weights, 1):
            arrays[f"layer{n}.weight"], arrays[f"layer{n}.bias"] = weight.clone(), bias.float().double()
        for n, parts in enumerate(self.norms, 1):
            for part, name in zip(parts, ("weight", "bias", "running_mean", "running_var")):
                arrays[f"norm{n}.{name}"] = part.float().double()
        return arrays

    def step(self, arrays, images, labels):
        """Gradients of weights and parameters by name; running statistics as they are behind the step."""
        arrays = {name: value.clone() for name, value in arrays.items()}
        for name, value in arrays.items():
            value.requires_grad_("running" not in name)
        self.weights = [[arrays[f"layer{n}.{p}"] for p in ("weight", "bias")] for n in range(1, len(self.weights) + 1)]
        self.norms = [[arrays[f"norm{n}.{p}"] for p in ("weight", "bias", "running_mean", "running_var")]
                      for n in range(1, len(self.norms) + 1)]
        value = images
        for step in self.steps:
            value = step(value, self)
        F.cross_entropy(value.flatten(1), labels).backward()
        return {name: value.detach() if "running" in name else value.grad for name, value in arrays.items()}
