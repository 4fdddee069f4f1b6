"""A page in a real browser: `browser.py [OPTION...] PAGE.html[#HASH] EXPRESSION... [PAGE.html ...]`. Loads it from the disk in
Chromium, headless, and prints what each expression of JavaScript comes to there, as JSON, a line each. All in the order of the
arguments; options are about the pages behind them. Errors on the console and breaches of a Content-Security-Policy are printed
on standard error, and end with status 1.

    --no-script       JavaScript is off: expressions still run, the page's own scripts do not
    --dark, --print   as these look
    --size WxH        of the window (1200x900)
    --shot FILE       a picture, now; --whole: of all of the page, not only of the window
    --pdf FILE        what is printed
    --times           how long it took, on standard error: until the first picture, until the scripts were ready, and of the
                      processor; how many milliseconds of the processor each expression took stands before it

It is driven through a pipe (--remote-debugging-pipe): messages of JSON, each ended by a NUL, on its descriptors 3 and 4."""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

LIMIT = int(os.environ.get('LIMIT', '300'))


class Browser:
    def __init__(self):
        program = shutil.which('chromium') or shutil.which('chromium-browser')
        self.home = tempfile.mkdtemp(prefix='browser.')
        to_it, self.out = os.pipe()
        self.inp, from_it = os.pipe()
        options = ['--headless=new', '--remote-debugging-pipe', '--user-data-dir=' + self.home, '--no-first-run', '--disable-gpu',
                   '--disable-dev-shm-usage', '--disable-extensions', '--disable-background-networking', '--disable-sync',
                   '--disable-component-update', '--no-default-browser-check', '--mute-audio', '--hide-scrollbars',
                   '--disable-breakpad', '--disable-crash-reporter', '--no-startup-window']
        if os.geteuid() == 0:
            options.append('--no-sandbox')
        env = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=self.home, XDG_CACHE_HOME=self.home)

        def place():
            # Out of the way of 3 and 4 first: they may be one of ours.
            a, b = os.dup2(to_it, 60), os.dup2(from_it, 61)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen([program, *options], preexec_fn=place, close_fds=True, pass_fds=(3, 4),
                                        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        os.close(to_it)
        os.close(from_it)
        self.number, self.buffer, self.problems, self.events = 0, b'', [], []

    def close(self):
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def read(self):
        while b'\0' not in self.buffer:
            part = os.read(self.inp, 1 << 20)
            if not part:
                raise SystemExit('browser: it has ended')
            self.buffer += part
        message, self.buffer = self.buffer.split(b'\0', 1)
        message = json.loads(message)
        self.heard(message)
        return message

    def heard(self, message):
        method, p = message.get('method'), message.get('params', {})
        if method == 'Log.entryAdded' and p['entry']['level'] in ('error', 'warning'):
            self.problems.append(p['entry']['text'])
        elif method == 'Runtime.exceptionThrown':
            d = p['exceptionDetails']
            self.problems.append(d.get('exception', {}).get('description') or d['text'])
        elif method == 'Runtime.consoleAPICalled' and p['type'] in ('error', 'warning', 'assert'):
            self.problems.append(' '.join(str(a.get('value', a.get('description'))) for a in p['args']))
        elif method == 'Network.requestWillBeSent':
            url = p['request']['url']
            if not url.startswith(('file:///', 'data:', 'about:')) or self.loaded:
                self.problems.append('it loads ' + url[:200])
            self.loaded = True
        if method:
            self.events.append(method)

    loaded = False

    def ask(self, method, session=True, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if session:
            message['sessionId'] = self.session
        os.write(self.out, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.read()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise SystemExit('browser: ' + method + ': ' + answer['error']['message'])
                return answer['result']

    def attach(self):
        target = self.ask('Target.createTarget', session=False, url='about:blank')['targetId']
        self.session = self.ask('Target.attachToTarget', session=False, targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network':
            self.ask(domain + '.enable')
        self.ask('Performance.enable', timeDomain='threadTicks')

    def look(self, script, features, media, width, height):
        self.ask('Emulation.setScriptExecutionDisabled', value=not script)
        self.ask('Emulation.setEmulatedMedia', media=media, features=features)
        self.ask('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)

    def spent(self):
        return 1000 * next(m['value'] for m in self.ask('Performance.getMetrics')['metrics'] if m['name'] == 'TaskDuration')

    def load(self, url):
        for place in 'about:blank', url: # else #N alone would be no page of its own
            self.events.clear()
            self.loaded = False
            self.ask('Page.navigate', url=place)
            while 'Page.loadEventFired' not in self.events:
                self.read()

    def evaluate(self, expression):
        answer = self.ask('Runtime.evaluate', expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if 'exceptionDetails' in answer:
            d = answer['exceptionDetails']
            raise SystemExit('browser: ' + expression + ': ' + (d.get('exception', {}).get('description') or d['text']))
        return answer['result'].get('value')


READY = '''new Promise((done) => { const look = () => document.documentElement.classList.contains("ready") ? requestAnimationFrame(() =>
           setTimeout(() => done(performance.now()))) : setTimeout(look, 5); look(); })'''
PICTURE = '''new Promise((done) => { new PerformanceObserver((l) => done(l.getEntriesByName("first-contentful-paint")[0].startTime))
             .observe({ type: "paint", buffered: true }); })'''


def shoot(browser, path, size, whole):
    clip = {'x': 0, 'y': 0, 'width': size[0], 'scale': 1, 'height': browser.evaluate('document.documentElement.scrollHeight')}
    answer = browser.ask('Page.captureScreenshot', captureBeyondViewport=whole, **({'clip': clip} if whole else {}))
    with open(path, 'wb') as f:
        f.write(base64.b64decode(answer['data']))


def main(arguments):
    script, features, media, size, whole, times = True, [], '', (1200, 900), False, False
    browser = Browser()
    try:
        browser.attach()
        rest = iter(arguments)
        for a in rest:
            if a == '--no-script':
                script = False
            elif a == '--dark':
                features = [{'name': 'prefers-color-scheme', 'value': 'dark'}]
            elif a == '--print':
                media = 'print'
            elif a == '--size':
                size = tuple(int(n) for n in next(rest).split('x'))
            elif a == '--whole':
                whole = True
            elif a == '--times':
                times = True
            elif a == '--shot':
                shoot(browser, next(rest), size, whole)
            elif a == '--pdf':
                with open(next(rest), 'wb') as f:
                    f.write(base64.b64decode(browser.ask('Page.printToPDF', printBackground=False)['data']))
            elif re.search(r'\.html(#.*)?$', a):
                path, _, name = a.partition('#')
                browser.look(script, features, media, *size)
                browser.load('file://' + os.path.abspath(path) + ('#' + name if name else ''))
                if not script:
                    continue
                ready = browser.evaluate(READY)
                if times:
                    print('ready: %.0f ms, first picture: %.0f ms, of the processor: %.0f ms' %
                          (ready, browser.evaluate(PICTURE), browser.spent()), file=sys.stderr)
            else:
                before = browser.spent()
                text = json.dumps(browser.evaluate(a), ensure_ascii=False)
                print(*['%.0f' % (browser.spent() - before)] if times else [], text, flush=True)
        for problem in browser.problems:
            print('problem: ' + problem, file=sys.stderr)
        return 1 if browser.problems else 0
    finally:
        browser.close()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
