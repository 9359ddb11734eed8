# Makes elementary.json: values of elementary functions computed by mpmath to 400 digits and rounded once to the
# nearest double. Arguments are exact doubles; arguments and values are the doubles' bits, hexadecimal.
#   python3 make.py > elementary.json
import json, math, struct
import mpmath as mp

mp.mp.dps = 400
bits = lambda x: struct.pack('>d', x).hex()
spread = [-700.25, -30.5, -10.0, -3.0, -1.5, -1.0, -0.75, -0.5, -0.1, -1e-3, -1e-9, 1e-9, 1e-3, 0.1, 0.3, 0.5, 0.7,
          0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.5, 10.0, 22.5, 30.5, 300.125, 700.25]
huge = [1e5, 1e10, 1e22, -1e22, 1e100, 1.7976931348623157e308, 6381956970095103 * 2.0**797]  # the last is near k*pi/2
unit = [-1.0, -0.999, -0.8, -0.6, -0.5, -0.3, -0.01, -1e-7, 1e-7, 0.01, 0.3, 0.5, 0.6, 0.62, 0.63, 0.8, 0.999, 1.0]
positive = [5e-324, 1e-310, 1e-300, 1e-10, 0.1, 0.3, 0.5, 0.7, 0.99, 1.0, 1.01, 1.5, 2.0, 2.718281828459045, 3.0, 8.0,
            10.0, 100.0, 1e5, 1e15, 1e100, 1.7976931348623157e308]
one = {
    'sin': (mp.sin, spread + huge), 'cos': (mp.cos, spread + huge), 'tan': (mp.tan, spread + huge),
    'asin': (mp.asin, unit), 'acos': (mp.acos, unit), 'atan': (mp.atan, spread + huge),
    'sinh': (mp.sinh, spread + [709.5, -709.5, 709.9, -709.9, 710.4758]),
    'cosh': (mp.cosh, spread + [709.5, -709.5, 709.9, -709.9, 710.4758]),
    'tanh': (mp.tanh, spread), 'asinh': (mp.asinh, spread + huge[:6]),
    'acosh': (mp.acosh, [x for x in positive if x >= 1]), 'atanh': (mp.atanh, [x for x in unit if abs(x) < 1]),
    'exp': (mp.exp, spread + [709.75, -745.0, -720.0]), 'expm1': (lambda x: mp.exp(x) - 1, spread + [709.75]),
    'log': (mp.log, positive), 'log1p': (lambda x: mp.log(1 + x), [x for x in spread if x > -1] + positive),
    'log2': (lambda x: mp.log(x) / mp.log(2), positive), 'log10': (mp.log10, positive),
    'cbrt': (lambda x: mp.sign(x) * mp.cbrt(abs(x)), spread + positive),
}
pairs = [(a, b) for a in (-3.5, -1.0, -1e-5, 1e-300, 0.4, 1.0, 2.5, 1e10) for b in (-1e10, -2.25, -1.0, 0.3, 1.0, 7.0)]
powers = [(a, b) for a in (1e-5, 0.5, 0.999999, 1.000001, 1.5, 2.0, 10.0, 12345.678) for b in
          (-60.5, -7.0, -2.0, -1.0, -0.5, -0.3, 1e-9, 0.5, 1.0, 2.0, 3.0, 3.1, 33.0, 60.5)]
powers += [(-1.5, 3.0), (-1.5, 4.0), (-2.0, -3.0), (1.0000000001, 1e12), (0.9999999999, 1e12), (1 + 2.0**-52, 2.0**40)]
two_arguments = {
    'atan2': (mp.atan2, pairs), 'hypot': (mp.hypot, pairs + [(1e200, 1e200), (3e-200, 4e-200), (1e308, 1e307)]),
    'pow': (mp.power, powers),
}
out = {'source': f'mpmath {mp.__version__}, 400 digits, rounded to nearest', 'cases': {}}
for name, (f, xs) in one.items():
    out['cases'][name] = [[bits(x), bits(float(f(mp.mpf(x))))] for x in xs]
for name, (f, xs) in two_arguments.items():
    out['cases'][name] = [[bits(x), bits(y), bits(float(f(mp.mpf(x), mp.mpf(y))))] for x, y in xs]
text = json.dumps(out, indent=0)
print(text.replace('[\n"', '["').replace('",\n"', '", "').replace('"\n]', '"]'))
