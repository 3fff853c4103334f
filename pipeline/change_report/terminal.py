"""The report in a terminal, for `make diff`."""

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from pipeline.change_report.report import Action, Report, ResourceChange, StackChange, summary

STYLE = {
    Action.ADDED: "green",
    Action.CHANGED: "yellow",
    Action.REPLACED: "bold red",
    Action.DELETED: "bold red",
}


def show(report: Report, console: Console) -> None:
    console.print(f"[bold]{escape(report.title)}[/bold]")
    for sentence in report.gates:
        console.print(f"[bold white on red] GATE [/] {escape(sentence)}")
    for line in report.to_bootstrap:
        console.print(f"[bold white on red] BOOTSTRAP [/] {escape(line)}")
    for stack, change in report.endangered:
        fate = change.fate.value.upper() if change.fate else ""
        console.print(
            f"[bold white on red] {fate} [/] {escape(stack.name)} {escape(change.name)} ({change.type}) "
            f"{'is' if change.certain else 'may be'} {change.action}"
        )
    for stack in report.changed:
        console.print(_tree(stack))
    console.print(escape(summary(report)))


def _tree(stack: StackChange) -> Tree:
    state = " (new)" if stack.is_new else " (no longer delivered; it stays deployed)" if stack.is_gone else ""
    tree = Tree(f"[bold]{escape(stack.name)}[/bold]{state}")
    for change in stack.resources:
        _add_resource(tree, change)
    for output in stack.outputs:
        tree.add(escape(f"output {output.path}: {output.before} → {output.after}"))
    for item in stack.broadenings:
        style = "bold red" if item.severe else "magenta"
        tree.add(f"[{style}]broadens[/] {escape(item.subject)}: {escape(item.sentence)}")
    return tree


def _add_resource(tree: Tree, change: ResourceChange) -> None:
    code = ", new code" if change.new_code else ""
    style = STYLE[change.action]
    branch = tree.add(
        f"[{style}]{change.action}[/] {escape(change.name)} [dim]{escape(change.type)}[/]{code}"
    )
    for reason in change.reasons:
        branch.add(f"[red]{escape(reason)}[/]")
    for item in change.properties:
        branch.add(escape(f"{item.path}: {item.before} → {item.after}"))
