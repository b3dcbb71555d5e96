# SPDX-License-Identifier: BSD-2-Clause
# The oracle of the scenarios that restart the agent: every number that the probes gave is in the trail or in a
# loss record, and in one of them once; sequences go on without a gap; no process begins or ends twice. Reads
# what trail_facts in lib.sh writes. Variables: streams, how many there are (1; 0: any); lost=1: there may be
# losses; load: what the arguments of the load match; renewed=1: a stream may begin with probes that were loaded anew.
function wrong(text) { print text; faults++ }
function take(counter, number) {
	if ((counter, number) in seen)
		wrong("number " number " is there twice: ring, generation, CPU, class " counter)
	seen[counter, number]
	count[counter]++
	if (number > last[counter])
		last[counter] = number
}
BEGIN { FS = "\t"; SUBSEP = " "; if (streams == "") streams = 1 }
substr($2, 1, 36) != stream {
	stream = substr($2, 1, 36)
	sequence = 0
	if (stream in known)
		wrong("stream " stream " comes back in line " NR)
	known[stream]
	found++
}
$1 != ++sequence { wrong("event.sequence is " $1 ", not " sequence " in line " NR); sequence = $1 }
$4 != "shipper" { take(stream_of($5) SUBSEP $4 SUBSEP $5 SUBSEP $6 SUBSEP $7, $8) }
$3 == "events_lost" {
	if (!lost)
		wrong("events were lost: " $12 " to " $13 ", " $14)
	for (n = $12; n <= $13; n++)
		take(stream_of($15) SUBSEP $9 SUBSEP $15 SUBSEP $10 SUBSEP $11, n)
	losses[$14] += $13 - $12 + 1
}
$3 == "fork" && forks[$16]++ { wrong("process " $16 " begins twice") }
$3 == "end" && ends[$16]++ { wrong("process " $16 " ends twice") }
$3 == "exec" && $17 ~ load && execs[$17]++ { wrong($17 " is there twice") }
END {
	for (counter in count)
		look_for_holes(counter)
	if (holes > NR / 200)
		wrong(holes " numbers are missing, which are too many to be those of cgroups")
	if (streams && found != streams)
		wrong(found " streams, not " streams)
	for (run in execs)
		runs++
	printf "%d events, %d runs of the load", NR, runs
	for (reason in losses)
		printf ", %d lost: %s", losses[reason], reason
	printf ", %d numbers of no event\n", holes
	exit faults > 0
}
# A cgroup that comes or goes takes a number of the vital ring and is no event: a few in a row, now and then.
function look_for_holes(counter, n, first) {
	for (n = 1; n <= last[counter]; n++) {
		if ((counter, n) in seen)
			continue
		for (first = n; n < last[counter] && !((counter, n + 1) in seen); n++)
			;
		holes++
		if (n - first >= 8 || counter !~ /vital/)
			wrong("numbers " first " to " n " are missing: ring, generation, CPU, class " counter)
	}
}
# Sets of probes that were loaded anew begin with a new stream, and count from 0 again.
function stream_of(generation) { return renewed ? stream : "" }
