# An adapter that is a script: runs the one that it is given.
program=$1
shift
exec "$program" "$@"
