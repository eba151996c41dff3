"""A plot of how cost grows, as SVG: three panels, both axes logarithmic."""

import math

WIDTH, HEIGHT, MARGIN, GAP = 300, 220, 60, 70
COLOURS = ("#1f5fa8", "#b0541e")
STYLE = "font-family='sans-serif' font-size='11'"


def _label(value):
    if value >= 1:
        for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
            if value >= size:
                return f"{value / size:g}{unit}"
        return f"{value:g}"
    for unit, size in (("m", 1e-3), ("\u00b5", 1e-6)):
        if value >= size * 0.999:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0e}"


class _Axis:
    """Whole powers of ten around the values."""

    def __init__(self, values, start, length):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
        self.start, self.length = start, length

    def at(self, value):
        return self.start + self.length * (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def _frame(title, x_title, y_title, x, y, left):
    parts = [f"<text x='{left}' y='{MARGIN - 28}' {STYLE} font-weight='bold'>{title}</text>",
             f"<text x='{left}' y='{MARGIN - 12}' {STYLE} fill='#555'>{y_title}</text>",
             f"<text x='{left + WIDTH}' y='{MARGIN + HEIGHT + 32}' {STYLE} text-anchor='end' fill='#555'>"
             f"{x_title}</text>"]
    for tick in x.ticks():
        at = x.at(tick)
        parts.append(f"<line x1='{at:.1f}' y1='{MARGIN}' x2='{at:.1f}' y2='{MARGIN + HEIGHT}' stroke='#ddd'/>")
        parts.append(f"<text x='{at:.1f}' y='{MARGIN + HEIGHT + 15}' {STYLE} text-anchor='middle'>"
                     f"{_label(tick)}</text>")
    for tick in y.ticks():
        at = y.at(tick)
        parts.append(f"<line x1='{left}' y1='{at:.1f}' x2='{left + WIDTH}' y2='{at:.1f}' stroke='#ddd'/>")
        parts.append(f"<text x='{left - 5}' y='{at + 4:.1f}' {STYLE} text-anchor='end'>{_label(tick)}</text>")
    return parts


def _panel(number, title, x_title, y_title, lines):
    left = MARGIN + number * (WIDTH + GAP)
    x = _Axis([point[0] for _, points in lines for point in points], left, WIDTH)
    y = _Axis([point[1] for _, points in lines for point in points], MARGIN + HEIGHT, -HEIGHT)
    parts = _frame(title, x_title, y_title, x, y, left)
    for index, (name, points) in enumerate(lines):
        colour = COLOURS[index]
        path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in points)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>")
        parts += [f"<circle cx='{x.at(a):.1f}' cy='{y.at(b):.1f}' r='2.5' fill='{colour}'/>" for a, b in points]
        parts.append(f"<text x='{left + 8}' y='{MARGIN + 16 + 15 * index}' {STYLE} fill='{colour}'>{name}</text>")
    return parts


def plot(growth):
    width, height = MARGIN + 3 * (WIDTH + GAP), HEIGHT + 2 * MARGIN
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
             f"viewBox='0 0 {width} {height}'>",
             f"<rect width='{width}' height='{height}' fill='white'/>"]
    parts += _panel(0, "Hand-out by connections", "connections", "answers a second",
                    [("manager", [(n, ours) for n, ours, _ in growth["connections"]]),
                     ("limit program", [(n, limit) for n, _, limit in growth["connections"]])])
    parts += _panel(1, "Hand-out by length of the queue", "tasks queued", "ns in the core, each",
                    [("manager's core", [(n, ns) for n, ns in growth["queue"]])])
    parts += _panel(2, "One message by its payload", "bytes", "seconds",
                    [("message", [(n, ours) for n, ours, _ in growth["payload"]]),
                     ("bare socket", [(n, limit) for n, _, limit in growth["payload"]])])
    return "\n".join(parts) + "\n</svg>\n"
