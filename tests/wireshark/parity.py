#!/usr/bin/env python3
"""parity.py [--recorded | --raw] CAPTURE...: do tshark with the dissector and `vfuscope decode --json -x` say the same?

Every field of every message, beside and in the payload, in both directions: what one has and the other lacks is a
difference too. Then the Info column against the text line. --recorded: the problems, notes and reasons, too, that a capture
carries are those that decode finds (which they are not in a file that was broken afterwards). --raw: the captures are of
DLT_USER0, only Info is compared. VFUSCOPE names the program, VFUSCOPE_PLUGIN_PATH its plugins, DISSECTOR the file. Prints
the differences (the first few) and how many messages, values, problems and notes were compared; status 1 if there are any,
or a Lua error.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get('VFUSCOPE', 'build/vfuscope')
SHOWN = 12


class Comparison:
    def __init__(self, recorded, raw):
        self.recorded, self.raw = recorded, raw
        self.values, self.differences, self.where = 0, 0, ''
        self.problems = self.notes = self.reasons = 0

    def differ(self, what, ours, theirs):
        self.differences += 1
        if self.differences <= SHOWN:
            print(f'{self.where}: {what}: decode says {ours!r}, tshark {theirs!r}')

    def equal(self, what, ours, theirs):
        self.values += 1
        if ours != theirs:
            self.differ(what, ours, theirs)


def integer(text):
    return int(text, 0) if isinstance(text, str) else text


def truth(text):
    return text in ('1', 'True', True)


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def bits(number):
    return [hex(1 << n) for n in range(64) if number >> n & 1]


def flag_names(layer, key):
    """The names of the flags that are set below a flag field, and the bits without a name."""
    tree = layer.get(key + '_tree', {})
    names = [k[len(key) + 1:] for k, v in tree.items() if k != key + '.unknown' and k.startswith(key + '.') and truth(v)]
    return sorted(names + bits(integer(tree.get(key + '.unknown', '0'))))


def compare_capabilities(c, key, ours, layer):
    """Of the members that have a field: the rest is text, and not compared."""
    for name, value in ours.items():
        theirs = layer.pop(f'{key}.{name}', None)
        if isinstance(value, bool) and theirs is not None:
            c.equal(f'{key}.{name}', value, truth(theirs))
        elif isinstance(value, int) and theirs is not None:
            c.equal(f'{key}.{name}', value, integer(theirs))
        elif isinstance(value, dict) and isinstance(theirs, dict):
            compare_capabilities(c, f'{key}.{name}', value, theirs)


def compare_bytes(c, key, value, layer):
    """Bytes that have an integer's name in another form are NAME.bytes."""
    theirs = layer.pop(key, None)
    if theirs is None:
        theirs = layer.pop(key + '.bytes', None)
    c.equal(key, value, (theirs or '').replace(':', ''))


def compare_fields(c, prefix, ours, layer):
    """The members of an object; takes out of `layer` what it has looked at."""
    for name, value in ours.items():
        key = f'{prefix}.{name}'
        if name.endswith('_name') and name[:-5] in ours:
            continue
        if name == 'value':
            c.equal(key, integer(value), integer(layer.pop('vfio_user.value', None) or '-1'))
        elif name in ('register', 'registers'):
            theirs = [r['vfio_user.register'] if isinstance(r, dict) else r for r in as_list(layer.get('vfio_user.register'))]
            c.equal(key, ours.get('registers', [ours['register']]), theirs)
        elif name == 'json':
            theirs = layer.pop(key, '').replace('\u2400', '\0')
            c.equal(key, value, theirs)
            hexed = layer.pop(key + '_tree', {}).get(prefix + '.json_hex', '').replace(':', '')
            c.equal(prefix + '.json_hex', ours.get('json_hex', ''), hexed)
        elif name == 'json_hex':
            continue
        elif name == 'capabilities' and isinstance(value, dict):
            compare_capabilities(c, key, value, layer.pop(key, {}))
        elif isinstance(value, dict) and 'raw' in value:
            c.equal(key + '.names', sorted(value['names']), flag_names(layer, key))
            layer.pop(key + '_tree', None)
            c.equal(key, integer(value['raw']), integer(layer.pop(key, None) or '-1'))
        elif isinstance(value, dict):
            inside = layer.pop(key, None)
            compare_fields(c, key, value, inside if isinstance(inside, dict) else {})
            leftover(c, key, inside)
        elif isinstance(value, list):
            theirs = as_list(layer.pop(key, None))
            c.equal(key + ' items', len(value), len(theirs))
            for item, their in zip(value, theirs):
                their = their if isinstance(their, dict) else {}
                compare_fields(c, key, item, their)
                leftover(c, key, their)
        elif isinstance(value, int) or value.startswith('0x'):
            c.equal(key, integer(value), integer(layer.pop(key, None) or '-1'))
        else:
            compare_bytes(c, key, value, layer)


def leftover(c, prefix, layer):
    for key in layer if isinstance(layer, dict) else []:
        if key.startswith(prefix + '.') and not key.endswith('_tree'):
            c.differ(key, None, layer[key])


def compare_fds(c, ours, record):
    theirs = as_list(record.get('vfio_user.fds_tree', {}).get('vfio_user.fd'))
    kinds = ['other', 'memfd', 'file', 'eventfd', 'socket', 'pipe', 'device']
    c.equal('fds', ours, [{'type': kinds[int(fd['vfio_user.fd.type'])]} |
                          ({'size': hex(int(fd['vfio_user.fd.size']))} if 'vfio_user.fd.size' in fd else {})
                          for fd in theirs if isinstance(fd, dict)])


def experts_of(layer):
    """The names of the expert infos, wherever they hang."""
    found = set()
    for key, value in layer.items():
        for item in as_list(value):
            if key == '_ws.expert' and isinstance(item, dict):
                found.update(k for k in item if k.startswith('vfio_user.'))
            elif isinstance(item, dict):
                found |= experts_of(item)
    return found


def compare_annotations(c, ours, layer):
    """Problems, notes and reasons, and that each is an expert info of its kind."""
    problems, notes, because = ours.get('problems', []), ours.get('notes', []), ours.get('because', [])
    c.problems += len(problems)
    c.notes += len(notes)
    c.reasons += len(because)
    c.equal('problems', [{name: p.get(name) for name in ('rule', 'severity', 'at_fault', 'text')} for p in problems],
            [{name: p.get('vfio_user.problem.' + name) for name in ('rule', 'severity', 'at_fault', 'text')}
             for p in as_list(layer.get('vfio_user.problem'))])
    c.equal('reasons', [(b['reason'], b['text'], b['certain'], b['messages']) for b in because],
            [(b['vfio_user.reason.name'], b['vfio_user.reason.text'], truth(b['vfio_user.reason.certain']),
              [int(no) for no in as_list(b.get('vfio_user.reason.message'))])
             for b in as_list(layer.get('vfio_user.reason'))])
    c.equal('notes', [(n['plugin'], n['text'], n.get('warning', False)) for n in notes],
            [(n['vfio_user.note.plugin'], n['vfio_user.note.text'], truth(n['vfio_user.note.warning']))
             for n in as_list(layer.get('vfio_user.note'))])
    kinds = {p['severity'] for p in problems} | {'plugin_warning' if n.get('warning') else 'plugin_note' for n in notes}
    kinds |= {'why'} if because else set()
    c.equal('expert infos', sorted(kinds), sorted(k for k in ('violation', 'misfit', 'suspicious', 'why', 'plugin_note',
                                                              'plugin_warning') if 'vfio_user.' + k in experts_of(layer)))


def compare_message(c, ours, layer):
    record, header = layer.get('vfio_user.record', {}), layer.get('vfio_user.header', {})
    flags = integer(header['vfio_user.flags'])
    experts = experts_of(layer)
    beside = {
        'no': int(record['vfio_user.no']), 'conn': int(record['vfio_user.conn']),
        'channel': ['main', 'twin'][int(record['vfio_user.channel'])],
        'from': ['client', 'server'][int(record['vfio_user.from'])],
        'type': ['command', 'reply'][flags & 15] if flags & 15 < 2 else 'unknown',
        'id': int(header['vfio_user.id']), 'command_number': int(header['vfio_user.command']),
        'size': int(header['vfio_user.size']),
    }
    for name, value in beside.items():
        c.equal(name, ours[name], value)
    c.equal('flags', sorted(ours['flags']),
            [n for n in flag_names(header, 'vfio_user.flags')])
    compare_fds(c, ours['fds'], record)
    if 'error' in ours:
        c.equal('error', ours['error']['errno'], int(header['vfio_user.error']))
    if ours['type'] != 'unknown':
        exchange = ours['reply_to'] if 'reply_to' in ours else ours['no']
        c.equal('exchange', exchange, integer(layer.get('vfio_user.exchange')))
    if ours['type'] == 'reply':
        theirs = layer.get('vfio_user.reply_to')
        c.equal('reply_to', ours['reply_to'], theirs and int(theirs))
        c.equal('unpaired', ours['reply_to'] is None, 'vfio_user.unpaired' in experts)
        if theirs:
            c.equal('latency_us', ours['latency_us'], round(float(layer['vfio_user.time']) * 1e6, 3))
    for name in ('truncated', 'short', 'fds_cut'):
        expert = {'fds_cut': 'vfio_user.fds_lost'}.get(name, 'vfio_user.' + name)
        c.equal(name, ours.get(name, False), expert in experts)
    c.equal('captured', ours.get('captured'), integer(layer.get('vfio_user.captured')))
    c.equal('extra', ours.get('extra', ''), layer.get('vfio_user.extra', '').replace(':', ''))
    c.equal('changed', sorted(ours.get('changed', [])), flag_names(record, 'vfio_user.changed'))
    known = ours['command'] != 'UNKNOWN' and ours['type'] != 'unknown'
    prefix = 'vfio_user.' + (ours['command'].lower() if known else 'unknown')
    compare_fields(c, prefix, ours['payload'], layer)
    leftover(c, prefix, layer)
    if c.recorded:
        compare_annotations(c, ours, layer)


def compare_event(c, ours, layer):
    c.equal('event', ours['event'], layer.get('vfio_user.event'))
    c.equal('text', ours.get('text'), layer.get('vfio_user.event.text'))
    if c.recorded:
        compare_annotations(c, ours, layer)


class Run:
    """A program that runs beside the others, into files: a pipe would hold it up until it is read."""
    def __init__(self, *command):
        self.out, self.said = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.running = subprocess.Popen(command, stdout=self.out, stderr=self.said)

    def output(self):
        status = self.running.wait()
        self.out.seek(0)
        self.said.seek(0)
        return status, self.out.read(), self.said.read().decode(errors='replace')


def decode(capture, *options):
    return Run(PROGRAM, 'decode', capture, *options)


def tshark(dissector, capture, *options):
    return Run('tshark', '-n', '-X', 'lua_script:' + dissector, '-r', capture, *options)


# Fields as text: later versions escape a backslash.
VERSION = subprocess.run(['tshark', '--version'], capture_output=True, text=True).stdout
ESCAPES = [int(n) for n in re.search(r'(\d+)\.(\d+)', VERSION).groups()] >= [4, 2]


def plain(line):
    return line.replace('\\\\', '\\') if ESCAPES else line


def tshark_output(run):
    status, output, said = run.output()
    if status or 'rror' in said:
        print(said)
        sys.exit(1)
    return output


def raw_info(output):
    """Of bytes on DLT_USER0 a frame may end several messages, or none."""
    none = ('', 'part of a message', 'bytes that belong to no message')
    return [part for line in output for part in re.split(r'; (?=[><?*] |part of a message)', line) if part not in none]


def info_of(line):
    """What Info is of a text line: from the arrow or star on, without the padding behind number and command's name."""
    line = re.match(r'\s*-?[\d.]+  (?:\d+[ t] (?:client |server )?)?(.*)$', line).group(1)
    return re.sub(r'^([><?] #\d+) +((?:UNKNOWN )?\S+) +(\d+)(?=  |$)', r'\1 \2 \3', line)


def compare_info(c, capture, ours, theirs):
    text = ours.output()[1].decode()
    lines = [info_of(line) for line in text.splitlines() if not line.startswith('        ')]
    theirs = [plain(line) for line in tshark_output(theirs).decode().splitlines()]
    theirs = raw_info(theirs) if c.raw else [line for line in theirs if not line.startswith(('* memory', '* capture', '* end'))]
    if not c.recorded: # decode tells anew who the peers look like
        lines, theirs = ([l for l in list if not l.startswith('* peer')] for list in (lines, theirs))
    c.equal('Info lines', len(lines), len(theirs))
    for number, (line, info) in enumerate(zip(lines, theirs), 1):
        c.where = f'{capture}: frame {number}'
        c.equal('Info', line, info)


def compare(c, capture, ours, theirs):
    ours = [json.loads(line) for line in ours.output()[1].splitlines()]
    output = tshark_output(theirs)
    if b'Lua Error' in output:
        c.differ('a Lua error', '', re.search(rb'Lua Error[^"]*', output).group(0).decode())
    theirs = [packet['_source']['layers'].get('vfio_user', {}) for packet in json.loads(output)]
    theirs = [layer for layer in theirs if layer.get('vfio_user.event') != 'memory'] # which decode keeps for plugins
    if not c.recorded:
        ours = [our for our in ours if our.get('event') != 'peer']
        theirs = [layer for layer in theirs if layer.get('vfio_user.event') != 'peer']
    c.equal('records', len(ours), len(theirs))
    for number, (our, their) in enumerate(zip(ours, theirs), 1):
        c.where = f'{capture}: frame {number}'
        if 'event' in our:
            compare_event(c, our, their)
        elif 'vfio_user.header' not in their:
            c.differ('message', our['command'], list(their))
        else:
            compare_message(c, our, their)
    return len(ours)


def main():
    words = [w for w in sys.argv[1:] if w not in ('--recorded', '--raw')]
    c, records = Comparison('--recorded' in sys.argv, '--raw' in sys.argv), 0
    dissector = os.environ['DISSECTOR']
    for capture in words:
        text = decode(capture, '--ignore', 'all', '--no-plugins')
        info = tshark(dissector, capture, '-T', 'fields', '-e', '_ws.col.Info')
        if not c.raw:
            records += compare(c, capture, decode(capture, '--json', '-v', '-x'),
                               tshark(dissector, capture, '-T', 'json', '-J', 'vfio_user', '--no-duplicate-keys'))
        compare_info(c, capture, text, info)
    print(f'{records} records, {c.values} values, {c.problems} problems, {c.notes} notes, {c.reasons} reasons compared, '
          f'{c.differences} differences')
    sys.exit(c.differences > 0)


main()
