#!/bin/sh
# Checks undr.pml exhaustively: as it is nothing may be found, with each BUG_... something must be.
#
#   spec/model/run.sh [--few] FOLDER      builds the verifiers in FOLDER and runs them; some minutes
#
# --few: without the two searches that take more than half of that time.
# Exit status: 0 all is as it must be, 1 it is not, 2 usage, 77 spin is not installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
few=no
case ${1:-} in
    -h | --help)
        sed -n '2,7s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    --few)
        few=yes
        shift
        ;;
esac
case ${1:-} in
    -*)
        echo "spec/model/run.sh: unknown option '$1'; usage: spec/model/run.sh [--few] FOLDER" >&2
        exit 2
        ;;
esac
if [ $# != 1 ]; then
    echo "usage: spec/model/run.sh [--few] FOLDER, in which the verifiers are built" >&2
    exit 2
fi
out=$1
command -v spin >/dev/null || { echo "SKIPPED: spin is not installed (Debian: apt-get install spin)"; exit 77; }
mkdir -p "$out"
cd "$out"
cp "$here/undr.pml" .

# check NAME SAFETY|LIVENESS [-D...]: builds the verifier and runs it; prints spin's count of errors and states.
check() {
    name=$1 mode=$2
    shift 2
    rm -rf "$name" && mkdir "$name" && cd "$name"
    spin -a "$@" ../undr.pml >spin.log 2>&1 || { cat spin.log; exit 1; }
    if [ "$mode" = SAFETY ]; then
        gcc "$optimise" -w -DSAFETY -DNOCLAIM -DCOLLAPSE -o pan pan.c && ./pan -m1000000 >pan.log 2>&1 || true
    else
        gcc "$optimise" -w -DNFAIR=4 -DCOLLAPSE -o pan pan.c && ./pan -a -f -m1000000 -N returns >pan.log 2>&1 || true
    fi
    cd ..
    if ! grep -q 'errors: ' "$name/pan.log" || grep -qE 'max search depth too small|out of memory' "$name/pan.log"; then
        echo "$name: the search did not finish:"; cat "$name/pan.log"; exit 1
    fi
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$name/pan.log")
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$name/pan.log")
    why=$(sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' "$name/pan.log")
}

must_hold() {
    optimise=-O2
    check "$@"
    if [ "$errors" -ne 0 ]; then
        echo "$1: a property does not hold: $why"
        cat "$1/pan.log"
        exit 1
    fi
    echo "$1: holds ($states states)"
}

# It is found early: to optimise the verifier would take longer than to run it.
must_fail() {
    optimise=-O0
    check "$@"
    if [ "$errors" -eq 0 ]; then
        echo "$1: the model is broken on purpose, yet nothing was found"
        exit 1
    fi
    echo "$1: found: $why"
}

must_hold safety-2-workers SAFETY
must_hold safety-3-workers SAFETY -DWORKERS=3 -DTASKS=2 -DSCHEDULED=1 -DMESSAGES=0
[ $few = yes ] || must_hold safety-2-deaths SAFETY -DDEATHS=2 -DRESTARTS=1
must_hold safety-no-restart SAFETY -DDEATHS=2 -DRESTARTS=0
must_hold liveness LIVENESS
[ $few = yes ] || must_hold liveness-no-restart LIVENESS -DDEATHS=2 -DRESTARTS=0
must_fail bug-handed-out-twice SAFETY -DBUG_HANDED_OUT_TWICE
must_fail bug-counts-at-handout SAFETY -DBUG_COUNTS_AT_HANDOUT
must_fail bug-spawned-not-counted SAFETY -DBUG_SPAWNED_NOT_COUNTED
must_fail bug-join-at-once SAFETY -DBUG_JOIN_AT_ONCE
must_fail bug-cancel-hands-out SAFETY -DBUG_CANCEL_HANDS_OUT
must_fail bug-leaves-workers SAFETY -DBUG_LEAVES_WORKERS
must_fail bug-lost-silently SAFETY -DBUG_LOST_SILENTLY
must_fail bug-lost-stays-counted LIVENESS -DBUG_LOST_STAYS_COUNTED
must_fail bug-never-closes LIVENESS -DBUG_NEVER_CLOSES
must_fail bug-queue-waits-for-ever LIVENESS -DBUG_QUEUE_WAITS_FOR_EVER -DDEATHS=2 -DRESTARTS=0
echo "the model holds, and each of its properties can fail"
