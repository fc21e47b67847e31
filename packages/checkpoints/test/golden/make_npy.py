"""Arrays as NumPy stores them: python make_npy.py (NumPy 2.4.6). Each holds 0 1 2 / 3 4 5 unless its name says otherwise."""
import io
import zipfile

import numpy as np
from numpy.lib import format as npy

codes = ['?', 'i1', 'u1', '<i2', '<u2', '<i4', '<u4', '<i8', '<u8', '<f2', '<f4', '<f8']
base = np.arange(6).reshape(2, 3)
arrays = {code.strip('<?') or 'bool': base.astype(code) for code in codes}
arrays['big_f4'] = base.astype('>f4')
arrays['big_i8'] = base.astype('>i8')
arrays['fortran'] = np.asfortranarray(base.astype('<f8'))
arrays['fortran_3d'] = np.asfortranarray(np.arange(24, dtype='<i4').reshape(2, 3, 4))
arrays['scalar'] = np.array(1.5)
arrays['empty'] = np.zeros((0, 3), '<f4')
np.savez('arrays.npz', **arrays)
np.savez_compressed('compressed.npz', **arrays)

with zipfile.ZipFile('versions.npz', 'w') as zip:
    for version in [(1, 0), (2, 0), (3, 0)]:
        file = io.BytesIO()
        npy.write_array(file, base.astype('<f4'), version)
        zip.writestr(f'v{version[0]}.npy', file.getvalue())
np.save('object.npy', np.array([{}], dtype=object), allow_pickle=True)
np.save('complex.npy', base.astype('c8'))
np.save('text.npy', np.array(['a', 'bc']))
np.save('record.npy', np.zeros(2, [('a', 'f4'), ('b', 'i4')]))
np.savez_compressed('rows.npz', arr_0=(np.arange(1000 * 7) % 251).astype('u1').reshape(1000, 7), columns=np.asfortranarray(base))
