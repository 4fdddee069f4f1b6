# Real terminals, driven through tmux: `load lib/terminal` behind lib/common.
#
#   terminal_setup, terminal_teardown    in a suite's setup and teardown, within common's; skips where there is no tmux
#   new_terminal COLUMNS LINES COMMAND   one in which that runs; TMUX_SOCKET says which of several is meant ($T/tmux)
#   $ended_by                            behind COMMAND: its status is printed when it ends, and the terminal stays
#   term ARGUMENT...                     what tmux can do with it
#   keys KEY...                          typed there, as tmux names them
#   text [OPTION...]                     what stands there (capture-pane's options), without the blanks at the ends of lines
#   screen PATTERN...                    wait until there is a line for each of these (extended regular expressions)
#   times N PATTERN                      wait until N lines match

terminal_setup() {
    need tmux tmux
    TMUX_SOCKET=$T/tmux
    # What libedit and ncurses keep until a program ends, and the names of functions that el_end does not free.
    printf 'leak:wcsdup\nleak:libncursesw\nleak:libtinfo\n' > "$T/lsan"
    export LSAN_OPTIONS=suppressions=$T/lsan:print_suppressions=0
}

# What runs there is ended first: some of it outlives its terminal, as tap -i does.
terminal_teardown() {
    local socket pid
    for socket in "$T"/tmux*; do
        for pid in $(tmux -S "$socket" list-panes -a -F '#{pane_pid}' 2> /dev/null); do
            pkill -TERM -P "$pid" || true
        done
        tmux -S "$socket" kill-server 2> /dev/null || true
    done
}

# A descriptor that a test holds is not for the terminals' server, which outlives it.
term() {
    tmux -S "$TMUX_SOCKET" -f /dev/null "$@" 3>&-
}

new_terminal() {
    term new-session -d -x "$1" -y "$2" "$3"
}

ended_by='; echo "status $?"; exec cat'

keys() {
    term send-keys "$@"
}

text() {
    term capture-pane -p "$@" | sed 's/ *$//'
}

screen() {
    shows() { local pattern; for pattern; do text | grep -Eq -- "$pattern" || return; done; }
    await_that shows "$@" || { text; return 1; }
}

times() {
    matches() { [ "$(text | grep -Ec -- "$2")" = "$1" ]; }
    await_that matches "$@" || { text; return 1; }
}
