#!/usr/bin/env python3
"""VERSION texts that are hostile to whoever shows them as JSON.

hostile_version.py make FOLDER: a conversation in FOLDER for each, as tests/messages has them, named by its number.
hostile_version.py check < LINES: what `decode --json` made of them, in the same order. Each line is strict JSON; the text is there as
it was sent; one that is no JSON object is a problem of the client's (or no UTF-8, and its bytes are there), and one that
is one is none; its capabilities are there.
"""
import json
import re
import sys


def caps(inner):
    return b'{"capabilities":{' + inner + b'}}'


TEXTS = [
    # strings
    caps(b'"x":"\\uZZZZ"'), caps(b'"\\uZZZZ":1'), caps(b'"x":"\\u"'), caps(b'"x":"\\u12"'), caps(b'"x":"\\ud800"'), caps(b'"x":"\\udc00"'),
    caps(b'"x":"\\ud800\\ud800"'), caps(b'"x":"\\ud83d\\ude00"'), caps(b'"x":"\\udc00\\ud800"'), caps(b'"\\ud800":true'), caps(b'"x":"\\u0000"'),
    caps(b'"x":"\\q"'), caps(b'"x":"\\'), caps(b'"x":"\\"'), caps(b'"x":"\\b\\f\\n\\r\\t\\/\\\\\\""'), caps(b'"x":"' + bytes(range(1, 32)) + b'"'),
    caps(b'"x":"\x7f"'), caps(b'"x":"\n"'), b'{"x\x01":1}', caps(b'"' + b'\x1b[2J' + b'":1'),
    # bytes that are no UTF-8
    caps(b'"x":"\xc0\x80"'), caps(b'"x":"\xe0\x80\xaf"'), caps(b'"x":"\xf0\x80\x80\xaf"'), caps(b'"x":"\xed\xa0\x80"'), caps(b'"x":"\xf4\x90\x80\x80"'),
    caps(b'"x":"\xff"'), caps(b'"\xff":1'), caps(b'"x":"\xe2\x82"'), caps(b'"x":"\x80"'), caps('"x":"€\u202e\u0085\ufffe"'.encode()),
    b'\xef\xbb\xbf' + caps(b'"max_msg_fds":1'), caps(b'"max_msg_fds":1').decode().encode('utf-16-le'),
    # NULs
    caps(b'"x":"a\0b"'), b'{}\0{}', b'\0' + caps(b''), caps(b'"x":1') + b'\0\0', caps(b'\0"x":1'),
    # numbers
    *(caps(b'"max_msg_fds":' + n) for n in (b'08', b'1.', b'.5', b'1e999', b'-1e999', b'-0', b'1e-400', b'+1', b'0x10', b'1e', b'1e+', b'--1', b'-',
                                            b'NaN', b'Infinity', b'-Infinity', b'nan', b'18446744073709551615', b'18446744073709551616',
                                            b'1' * 400, b'0.1e1', b'1E5', b'4096.5', b'1 2', b'1_000', b'-1')),
    *(caps(b'"x":[' + n + b']') for n in (b'08', b'1.', b'.5', b'1e999', b'-', b'NaN', b'0' * 60, b'9' * 70)),
    # structure
    b'', b' ', b'null', b'[]', b'"x"', b'1', b'{', b'{}', b'{"capabilities":null}', b'{"capabilities":[]}', b'{"capabilities":1}', b'}', b'{{}}',
    b'{"a":1,}', b'{"a" 1}', b'{a:1}', b"{'a':1}", b'{"a":tru}', b'{"a":TRUE}', b'{"a":1}}', b'{} x', b'{}{}', b'{}\n', b' \t\r\n{} ', b'{}\x0b', b'\x01{}',
    b'{"a":1/**/}', b'{"a":1,"a":2}', caps(b'"max_msg_fds":1,"max_msg_fds":2'), b'{"capabilities":{"max_msg_fds":1},"capabilities":{"max_msg_fds":2}}',
    caps(b'"x":' + b'[' * 2000 + b']' * 2000), caps(b'"x":' + b'{"a":' * 2000 + b'1' + b'}' * 2000), b'[' * 2000, b'{"a":' * 2000,
    caps(b'"x":' + b'[' * 200 + b']' * 200), caps(b'"x":[1,2,[3,{"y":[]}]]'),
]


def no_constant(name):
    raise ValueError(name)


def is_object(text):
    try:  # a byte order mark may be let pass
        return isinstance(json.loads(text.decode('utf-8-sig'), parse_constant=no_constant), dict)
    except (ValueError, UnicodeDecodeError):
        return False


def is_doubtful(text):
    """Half a surrogate pair is in RFC 8259's grammar, and nothing can be made of it; how deep things nest may be limited."""
    halves = re.sub(rb'\\u[dD][89abAB]..\\u[dD][c-fC-F]..', b'', text)
    return re.search(rb'\\u[dD][89a-fA-F]', halves) or text.count(b'[') + text.count(b'{') > 1000


def members(line):
    """The inner objects of them that are called capabilities, numbers digit for digit."""
    found = []

    def pick(pairs):
        found.extend(value for name, value in pairs if name == 'capabilities')
        return dict(pairs)

    json.loads(line, parse_int=str, parse_float=str, object_pairs_hook=pick)
    return found


def check(text, line):
    message = json.loads(line, parse_constant=no_constant)
    line.encode('utf-8')  # a lone surrogate can't be
    payload = message['payload']
    said = any(p['rule'] == 'json-invalid' and p['at_fault'] == 'client' for p in message.get('problems', []))
    if 'json_hex' in payload:
        assert bytes.fromhex(payload['json_hex']).rstrip(b'\0') == text.rstrip(b'\0'), 'json_hex is not what was sent'
    else:
        assert payload['json'].encode('utf-8', 'surrogatepass').rstrip(b'\0') == text.rstrip(b'\0'), 'json is not what was sent'
    if is_doubtful(text):
        return
    if is_object(text):
        assert not said, 'it was called wrong'
        inner = [m for m in members(text.decode('utf-8-sig')) if isinstance(m, dict)]
        assert not inner or members(line)[-1] in inner, 'capabilities are others'
    else:
        assert said or 'json_hex' in payload, 'nothing was said of it'


def main():
    sys.setrecursionlimit(100000)
    if sys.argv[1] == 'make':
        for i, text in enumerate(TEXTS):
            payload = b'\0\0\2\0' + text + b'\0'
            head = (1).to_bytes(2, 'little') * 2 + (16 + len(payload)).to_bytes(4, 'little') + bytes(8)
            with open(f'{sys.argv[2]}/{i:03}', 'w', encoding='ascii') as f:
                f.write(f'client command VERSION {(head + payload).hex()}\n= {{}}\n')
        return
    lines = sys.stdin.read().split('\n')
    assert lines.pop() == '' and len(lines) == len(TEXTS), f'{len(lines)} lines for {len(TEXTS)} messages'
    bad = 0
    for text, line in zip(TEXTS, lines):
        try:
            check(text, line)
        except (AssertionError, ValueError, KeyError) as e:
            bad += 1
            print(f'{text[:60]}: {e}: {line[:300]}')
    sys.exit(bad > 0)


main()
