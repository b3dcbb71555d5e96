#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Medians of the runs of run.sh, as tables or as JSON.

summary.py [--json] [--quick] RUNS_FILE RUNS_OF_A_ROUND VERSION COMMIT
--quick: fails when an agent of ours has lost an event, or nothing was measured.
"""
import json
import os
import platform
import statistics
import sys

LOADS = {
    "fork": "Exec storm by fork",
    "vfork": "Exec storm by vfork",
    "threads": "Thread storm: programs of five threads",
    "opens": "Open storm",
    "mixed": "Mixed: ten opens, then fork, exec, exit",
}


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def whole_seconds(run, which):
    """From the beginning of the load until its last event is in the file (0) or on disk (1), where that is known."""
    loaded = run["loaded"]
    if len(run["arrival"]) <= which:
        return None
    return max(loaded["seconds"], run["arrival"][which] - loaded["began"])


def whole_rate(good, which, base):
    seconds = [(run["loaded"]["operations"], whole_seconds(run, which)) for run in good]
    rate = median([operations / whole for operations, whole in seconds if whole])
    return None if rate is None else rate / base["rate"]


def base_of(load, runs):
    """What the load does without an agent, by round; audit has a base of its own."""
    bases = {}
    for run in runs:
        if run["load"] == load and run["peer"] in ("none", "audit-none"):
            bases[run["peer"]] = bases.get(run["peer"], []) + [run["loaded"]]
    return {name: {"rate": median([r["operations"] / r["seconds"] for r in found]),
                   "cpu_us": median([r["cpu"] / r["operations"] * 1e6 for r in found])}
            for name, found in bases.items()}


def agent_cpu_us(run):
    """Of what the agent recorded meanwhile, the part that is of the load."""
    share = run["of_load"] / run["lines"] if run["lines"] > 0 and run["made"] else 1
    return run["cpu_us"] * min(share, 1)


def row_of(peer, runs, base):
    good = [run for run in runs if not run["cannot"]]
    row = {"peer": peer, "title": runs[0]["title"], "version": runs[0]["version"],
           "command": runs[0]["command"], "runs": len(good)}
    if not good:
        return dict(row, cannot=runs[0]["cannot"])
    operations = [run["loaded"]["operations"] for run in good]
    recorded = [sum(run["recorded"].values()) for run in good]
    made = [sum(run["made"].values()) for run in good]
    rate = median([count / run["loaded"]["seconds"] for count, run in zip(operations, good)])
    cpu_us = median([run["loaded"]["cpu"] / count * 1e6 for count, run in zip(operations, good)])
    row.update({
        "operations_per_s": rate,
        "work_done": rate / base["rate"],
        "work_done_to_the_file": whole_rate(good, 0, base),
        "work_done_to_the_disk": whole_rate(good, 1, base),
        "added_cpu_us_per_operation": cpu_us - base["cpu_us"],
        "agent_cpu_s_per_100000_events": median(
            [agent_cpu_us(run) / 10 / count for run, count in zip(good, recorded) if count]),
        "agent_cpu_us_per_operation": median(
            [agent_cpu_us(run) / count for count, run in zip(operations, good)]),
        "all_cpu_us_per_operation": cpu_us - base["cpu_us"] + median(
            [agent_cpu_us(run) / count for count, run in zip(operations, good)]),
        "peak_rss_mib": median([run["rss_kib"] / 1024 for run in good]),
        "anonymous_mib": median([run["anon_kib"] / 1024 for run in good]),
        "recorded": median(recorded),
        "made": median(made),
        "lost_most": max(m - r for m, r in zip(made, recorded)),
        "lost": median([m - r for m, r in zip(made, recorded)]),
        "told_lost": median([run["told"] for run in good]),
        "written_mb": median([run["written"] / 1e6 for run in good]),
    })
    return row


def tables(runs):
    result = {}
    for load in LOADS:
        here = [run for run in runs if run["load"] == load]
        bases = base_of(load, here)
        rows = []
        for peer in dict.fromkeys(run["peer"] for run in here):
            audit = peer in ("audit-none", "auditd", "laurel")
            base = bases.get("audit-none" if audit else "none")
            if base:
                rows.append(row_of(peer, [run for run in here if run["peer"] == peer], base))
        if rows:
            result[load] = {"bases": bases, "rows": rows}
    return result


def number(value, digits):
    return "" if value is None else f"{value:,.{digits}f}"


COLUMNS = ["agent", "work done", "until all is in the file", "until it is on disk", "added CPU us/op", "agent CPU us/op", "both",
           "agent CPU s/100k events", "peak MiB", "recorded", "lost (most)", "it tells", "MB written"]


def cells(row):
    if "cannot" in row:
        return [row["title"], f"cannot run: {row['cannot']}"] + [""] * (len(COLUMNS) - 2)
    silent = row["made"] == 0
    lost = "" if silent else f"{row['lost']:,.0f} ({row['lost_most']:,.0f})"
    return [row["title"], number(row["work_done"], 2), number(row["work_done_to_the_file"], 2),
            number(row["work_done_to_the_disk"], 2),
            number(row["added_cpu_us_per_operation"], 2), number(row["agent_cpu_us_per_operation"], 2),
            number(row["all_cpu_us_per_operation"], 2),
            number(row["agent_cpu_s_per_100000_events"], 2), number(row["peak_rss_mib"], 0),
            "" if silent else number(row["recorded"], 0), lost, "" if silent else number(row["told_lost"], 0),
            number(row["written_mb"], 1)]


def print_tables(result, about):
    print(f"{about['kernel']} {about['machine']}, {about['cpus']} CPUs ({about['processor']}); "
          f"{about['agent']}, commit {about['commit']}; medians of {about['rounds']} rounds\n")
    for load, table in result.items():
        base = table["bases"].get("none") or table["bases"]["audit-none"]
        print(f"### {LOADS[load]}\n\nwithout an agent {base['rate']:,.0f} per second, "
              f"{base['cpu_us']:.2f} us of CPU each\n")
        print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
        for row in table["rows"]:
            print("| " + " | ".join(cells(row)) + " |")
        print()
    print("Started as:\n")
    commands = {}
    for load, table in result.items():
        for row in table["rows"]:
            if row["command"]:
                title = f"{row['title']} {row['version']}".strip()
                commands.setdefault((title, row["command"]), []).append(load)
    for (title, command), its_loads in commands.items():
        print(f"- {title} ({', '.join(its_loads)}): `{command}`")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        names = [line.split(":", 1)[1].strip() for line in text if line.startswith("model name")]
    return names[0] if names else "unknown"


def check_quick(result):
    rows = [row for table in result.values() for row in table["rows"] if row["peer"].startswith("auditship")]
    good = [row for row in rows if "cannot" not in row and row["lost_most"] == 0 and row["recorded"] > 0
            and row["agent_cpu_s_per_100000_events"] > 0]
    return bool(rows) and len(good) == len(rows)


def main():
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    path, per_round, version, commit = [word for word in sys.argv[1:] if not word.startswith("--")]
    with open(path, encoding="utf-8") as lines:
        runs = [json.loads(line) for line in lines]
    about = {"kernel": f"{platform.system()} {platform.release()}", "machine": platform.machine(),
             "cpus": os.cpu_count(), "processor": processor(), "agent": version, "commit": commit,
             "runs_per_round": int(per_round), "rounds": max((run["round"] for run in runs), default=0)}
    result = tables(runs)
    if "--json" in options:
        print(json.dumps({"about": about, "loads": result}, indent=1))
    else:
        print_tables(result, about)
    return 1 if "--quick" in options and not check_quick(result) else 0


if __name__ == "__main__":
    sys.exit(main())
