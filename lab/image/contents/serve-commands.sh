#!/bin/sh
# Carries out what the host asks over the control port, one request a line:
#   exec <id> <base64 of a command>          answer: <id> <exit status> <base64 of stdout> <base64 of stderr>
#   put <id> <path> <mode> <bytes>, content  answer: the same
# Commands run side by side; one process writes the answers, so that each is one line.
port=$(echo /dev/vport*p1)
answers=/run/answers
finished=/run/finished
mkdir -p "$answers"
mkfifo "$finished"

write_answers() {
  while read -r id; do
    printf '%s %s ' "$id" "$(cat "$answers/$id.status")"
    base64 -w 0 <"$answers/$id.out"
    printf ' '
    base64 -w 0 <"$answers/$id.err"
    printf '\n'
    rm -f "$answers/$id".*
  done <>"$finished"
}

run() {
  id=$1
  sh -c "$(echo "$2" | base64 -d)" >"$answers/$id.out" 2>"$answers/$id.err" </dev/null 3>&-
  echo $? >"$answers/$id.status"
  echo "$id" >"$finished"
}

# The lines after this one come from the port, so content must be read whole before the next line is.
put() {
  id=$1
  mkdir -p "$(dirname "$2")"
  head -c "$4" <&3 >"$2" 2>"$answers/$id.err" && chmod "$3" "$2" 2>>"$answers/$id.err"
  echo $? >"$answers/$id.status"
  : >"$answers/$id.out"
  echo "$id" >"$finished"
}

# One open file for both directions: the driver lets a port be opened once.
exec 3<>"$port"
echo "ready" >&3
write_answers >&3 &
while :; do
  while read -r verb id first second third <&3; do
    case $verb in
      exec) run "$id" "$first" & ;;
      put) put "$id" "$first" "$second" "$third" ;;
    esac
  done
  # Nobody holds the other end.
  sleep 1
done
