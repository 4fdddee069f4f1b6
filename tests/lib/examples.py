"""The examples of a manual page or of a README, run as they are written: `examples.py list|run PAGE...`.

An example is a literal block (mdoc's .Bd -literal and .Dl, a README's indented lines) with commands: lines that begin
with `$ `, gone on with by a backslash at their end; `vfu> ` or `edu> ` is what is typed at the shell's prompt. Other lines are
what the commands print: all of it, or `...` in the place of the rest; numbers may be others, and blanks.
A comment before the block, in the page's source, says what else there is to know:
    status 1      is that of its last command
    client held   a client stays connected through the tap
    client NAME   one runs this script of the shell there
    process       one called qemu-system-x86_64 is a client of dev.sock
    not here WHY  nobody can try it
    file NAME     the block is no example, but the file that later ones need
    WORD begins   a test of its own pastes it

What listens (tap, serve, attach) goes on in the background until its block ends, and so does QEMU; with --once and no
`&` it is waited for. A tap that no later command uses gets a client. Each block has a folder of its own, a copy of the
one that EXAMPLES names, with a device at dev.sock.
Prints what went wrong, and what is not tried. NEEDS=root|qemu|wireshark runs those only that need this; without it,
those that need none of them."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LIMIT = int(os.environ.get('LIMIT', '300'))
NEEDS = {
    'root': re.compile(r'\bvfuscope attach\b(?!.*--list)'),
    'qemu': re.compile(r'\bqemu-system-x86_64 -'),
    'wireshark': re.compile(r'\b(tshark|wireshark|capinfos)\b'),
}
COMMAND = re.compile(r'\s*(vfuscope|tshark|wireshark|qemu-system-\w+|make|git|apt-get|cc) ')
LISTENS = re.compile(r'^vfuscope (tap|serve|attach) (?!.*--(list|rules)\b)|^tshark -i|^qemu-system-')
LISTEN = re.compile(r'(?: tap (?:.*? )??|\.listen:)([\w./]+\.sock)')
PROMPT = re.compile(r'(vfu|edu)> ')
GREETING = re.compile(r'.*\[[0-9a-f]{4}:[0-9a-f]{4}\] at ')
READY = re.compile(r'^(listening on |attached to )', re.M)


class Block:
    def __init__(self, page, line, wants, lines):
        self.page, self.line, self.wants, self.lines = page, line, wants, lines
        self.commands = []                  # [text, typed, printed]
        for text in [] if wants.startswith('file ') else lines:
            self.add(text)

    def add(self, text):
        last = self.commands[-1] if self.commands else None
        if last and last[0].endswith('\\'):
            last[0] = last[0][:-1] + text.strip()
        elif text.startswith('$ '):
            self.commands.append([text[2:], [], []])
        elif last and PROMPT.match(text):
            last[1].append(text[5:])
        elif last and not (GREETING.match(text) and not last[2]):   # what only a terminal gets
            last[2].append(text)

    def needs(self):
        return next((need for need, words in NEEDS.items() if any(words.search(c[0]) for c in self.commands)), '')

    def where(self):
        return f'{self.page}:{self.line}'

    def strays(self):
        """What looks like a command and is none that is run."""
        if self.commands or re.search(r'^file | begins$', self.wants):
            return []
        return [text for text in self.lines if COMMAND.match(text)]


def plain(text):
    """A line of mdoc as a reader sees it."""
    for escape, character in (('\\&', ''), ('\\(aq', "'"), ('\\-', '-'), ('\\e', '\\')):
        text = text.replace(escape, character)
    return text


def mdoc(lines):
    """(line number, what the comment before it says, the lines) of each literal block."""
    said, block, start = '', None, 0
    for number, line in enumerate(lines, 1):
        if block is not None:
            if line == '.Ed':
                yield start, said, block
                said, block = '', None
            elif not line.startswith('.'):
                block.append(plain(line))
        elif line.startswith('.Bd -literal'):
            block, start = [], number
        elif line.startswith('.Dl '):
            yield number, said, [plain(line[4:])]
            said = ''
        elif line.startswith('.\\" '):
            said = line[4:]
        elif not line.startswith('.Pp'):
            said = ''


def markdown(lines):
    said, block, start = '', [], 0
    for number, line in enumerate(lines + ['end'], 1):
        if line.startswith('    ') or (block and not line):
            start = start if block else number
            block.append(line[4:])
            continue
        if block:
            yield start, said, block
            said, block = '', []
        if line.startswith('<!-- '):
            said = line[5:].removesuffix('-->').strip()


def blocks(page):
    with open(page) as f:
        lines = f.read().split('\n')
    return [Block(page, *found) for found in (markdown if page.endswith('.md') else mdoc)(lines)]


def words(text):
    """What is compared: words, with any number as good as another, and tshark's arrows as they are in ASCII."""
    # How long something takes is the machine's: 900us here are 1.2ms there.
    return re.sub(r'0x[0-9a-f]+|[0-9][0-9.]*(?:(?:ns|us|ms|s)\b)?', '#', ' '.join(text.replace('→', '->').split()))


def differs(printed, output):
    """Of what the page shows: the first piece that is not in the output, behind the one before."""
    output, at = words(output), 0
    for piece in re.split(r'\.\.\.\s*(?:\n|$)', '\n'.join(printed)):
        piece = words(piece)
        found = output.find(piece, at)
        if found < 0:
            return piece
        at = found + len(piece)
    return None


def read(path):
    with open(path, errors='replace') as f:
        return f.read()


class Run:
    """A block in its folder."""

    def __init__(self, block, folder):
        self.block, self.folder = block, folder
        self.running = []                   # (command, process, number)
        self.held = []
        self.statuses = {}                  # by number

    def output(self, number):
        return os.path.join(self.folder, f'out.{number}')

    def start(self, number, command):
        with open(self.output(number), 'wb') as out:
            return subprocess.Popen(['bash', '-c', command], cwd=self.folder, stdin=subprocess.PIPE, stdout=out,
                                    stderr=out, start_new_session=True)

    def await_ready(self, number, command, process):
        listen = LISTEN.search(command)
        there = 0
        for _ in range(LIMIT * 50):
            # A tap says that it listens a moment after it does, and first of all: an example's client waits for that, where it
            # can be seen at all.
            there += bool(listen and os.path.exists(os.path.join(self.folder, listen.group(1))))
            if READY.search(read(self.output(number))) or process.poll() is not None or \
                    there > (100 if command.startswith('vfuscope ') else 0) or \
                    (command.startswith('qemu-') and
                     any('DEVICE_GET_INFO' in read(self.output(n)) for n in range(number))):
                return
            time.sleep(0.02)

    def finish(self, process, how):
        """Its status, once it has ended."""
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            return process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return 'none, it does not end'

    def client(self, command):
        """Something for a tap to see."""
        script = (re.findall(r'client (\S+)', self.block.wants) or ['client.vfu'])[0]
        # Injections may make it fail.
        subprocess.run(['vfuscope', 'shell', LISTEN.search(command).group(1), '-f', script], cwd=self.folder,
                       timeout=LIMIT, capture_output=True)

    def hold(self, program, socket):
        """A client that is connected, and stays it until the end."""
        held = subprocess.Popen([program, 'shell', socket], cwd=self.folder, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
        held.stdin.write(b'read bar0\n')
        held.stdin.flush()
        held.stdout.readline()
        self.held.append(held)

    def release(self):
        for held in self.held:
            held.stdin.close()
            held.wait(LIMIT)
            held.stdout.close()

    def background(self, number, command):
        process = self.start(number, command.removesuffix('&').rstrip())
        self.await_ready(number, command, process)
        if process.poll() is not None:
            self.statuses[number] = process.returncode
            return
        if '--once' in command and not command.endswith('&'):
            self.client(command)
            self.statuses[number] = process.wait(LIMIT)
            return
        self.running.append((command, process, number))
        if LISTEN.search(command) and 'client held' in self.block.wants:
            self.hold('vfuscope', LISTEN.search(command).group(1))

    def foreground(self, number, command, typed):
        process = self.start(number, command)
        try:
            process.communicate(''.join(line + '\n' for line in typed).encode(), timeout=LIMIT)
            self.statuses[number] = process.returncode
        except subprocess.TimeoutExpired:
            self.statuses[number] = self.finish(process, signal.SIGKILL)

    def end(self):
        """The clients that taps still want, and then everything ends, the last one first."""
        for command, process, _ in self.running:
            tap = LISTEN.search(command)
            if tap and not self.held and not any(tap.group(1) in c[0] for c in self.block.commands if c[0] != command):
                self.client(command)
        self.release()
        for command, process, number in reversed(self.running):
            status = self.finish(process, signal.SIGINT)
            # QEMU may not mind it yet.
            self.statuses[number] = 0 if command.startswith('qemu-') and status == -signal.SIGINT else status

    def wrong(self):
        if 'process' in self.block.wants:
            shutil.copy(shutil.which('vfuscope'), os.path.join(self.folder, 'qemu-system-x86_64'))
            self.hold('./qemu-system-x86_64', 'dev.sock')
        for number, (command, typed, _) in enumerate(self.block.commands):
            if LISTENS.match(command):
                self.background(number, command)
            else:
                self.foreground(number, command, typed)
        self.end()
        last = len(self.block.commands) - 1
        for number, (command, _, printed) in enumerate(self.block.commands):
            said = read(self.output(number))
            if self.statuses[number] != (1 if number == last and 'status 1' in self.block.wants else 0):
                yield f'{self.block.where()}: status {self.statuses[number]}: {command}\n{said[-2000:]}'
                continue
            missing = differs(printed, said)
            if missing:
                yield f'{self.block.where()}: {command}\nnot printed: {missing}\nbut: {words(said)[:4000]}'


def served(folder, socket):
    """A device."""
    process = subprocess.Popen(['vfuscope', 'serve', socket], cwd=folder, stderr=subprocess.PIPE)
    process.stderr.readline()
    return process


def tried(block, files):
    """How many things are wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.environ['EXAMPLES'], folder, dirs_exist_ok=True)
        for name, lines in files.items():
            with open(os.path.join(folder, name), 'w') as f:
                f.write('\n'.join(lines) + '\n')
        devices = [served(folder, socket) for socket in ('dev.sock', 'nvme0')]
        try:
            wrong = list(Run(block, folder).wrong())
        finally:
            for device in devices:
                device.terminate()
                device.wait()
                device.stderr.close()
    for what in wrong:
        print('WRONG ' + what)
    return len(wrong)


def main():
    need = os.environ.get('NEEDS', '')
    count = wrong = 0
    for page in sys.argv[2:]:
        files = {}
        for block in blocks(page):
            if block.wants.startswith('file '):
                files[block.wants[5:]] = block.lines
            for stray in block.strays():
                print(f'{block.where()}: a command without "$ " before it: {stray}')
            why = 'not here: ' + block.wants[9:] if block.wants.startswith('not here ') else block.needs()
            if not block.commands or (sys.argv[1] == 'run' and why != need and need):
                continue
            if sys.argv[1] == 'list' or why != need:
                for command, _, _ in block.commands:
                    print(f'{block.where()}: {why}: {command}')
                continue
            wrong += tried(block, files)
            count += 1
    print(f'{count} examples tried, {wrong} wrong')
    sys.exit(wrong != 0)


if __name__ == '__main__':
    main()
