# Writes the files of this folder: python3 make.py (NumPy 1.24.2 made those that are here).
import os
import numpy as np
from numpy.lib import format as npy

here = os.path.dirname(os.path.abspath(__file__))
k = np.arange(24, dtype=np.int64).reshape(2, 3, 4)


def values(code):
    if code == 'b1':
        return k % 3 == 0
    if code[0] == 'f':
        return (k * 37 - 100) / 7
    # Wraps around in the small types and uses the upper half of the large ones.
    return (k * 37 - 100) * (2**40 + 1 if code[1] == '8' else 1)


def write(name, array, version=None):
    with open(os.path.join(here, name + '.npy'), 'wb') as f:
        npy.write_array(f, array, version)


for code in ['f8', 'f4', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'b1']:
    write(code + '-little-c', values(code).astype('<' + code))
    write(code + '-big-fortran', np.asfortranarray(values(code).astype('>' + code)))
write('version-2', values('f8'), (2, 0))
write('version-3', values('f8'), (3, 0))
write('no-axes', np.array(2.5))
write('one-axis', np.arange(5, dtype='<i4'))
write('empty', np.zeros((0, 3), dtype='<f4'))
write('half', values('f8').astype('<f2'))
write('complex', values('f8').astype('<c16'))
write('structured', np.zeros(2, dtype=[('x', '<f8'), ('y', '<i4')]))
