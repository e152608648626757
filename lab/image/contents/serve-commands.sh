#!/bin/sh
# Runs the commands that the host sends over the control port, one request a line:
#   exec <id> <base64 of a command>          result: <id> <exit status> <base64 of stdout> <base64 of stderr>
#   put <id> <path> <mode> <bytes>, content  result: the same
# Commands run side by side; one process writes the results, so that each is one line.
port=$(echo /dev/vport*p1)
results=/run/results
finished=/run/finished
mkdir -p "$results"
mkfifo "$finished"

write_results() {
  while read -r id; do
    printf '%s %s ' "$id" "$(cat "$results/$id.status")"
    base64 -w 0 <"$results/$id.out"
    printf ' '
    base64 -w 0 <"$results/$id.err"
    printf '\n'
    rm -f "$results/$id".*
  done <>"$finished"
}

run() {
  id=$1
  sh -c "$(echo "$2" | base64 -d)" >"$results/$id.out" 2>"$results/$id.err" </dev/null 3>&-
  echo $? >"$results/$id.status"
  echo "$id" >"$finished"
}

# The next line of the port begins after the content, so the content is read whole first.
put() {
  id=$1
  mkdir -p "$(dirname "$2")"
  head -c "$4" <&3 >"$2" 2>"$results/$id.err" && chmod "$3" "$2" 2>>"$results/$id.err"
  echo $? >"$results/$id.status"
  : >"$results/$id.out"
  echo "$id" >"$finished"
}

# One open file for both directions: the driver lets a port be opened once.
exec 3<>"$port"
echo "ready" >&3
write_results >&3 &
while :; do
  while read -r verb id first second third <&3; do
    case $verb in
      exec) run "$id" "$first" & ;;
      put) put "$id" "$first" "$second" "$third" ;;
    esac
  done
  # The host's end is not open.
  sleep 1
done
