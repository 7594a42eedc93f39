import type { JsonObject } from '@app/common';
import { extractSlots } from '@app/language';
import { topicKeyOf } from './notice.topic.js';

const CONFIG = '0123456789abcdef01234567';
const key = (
  data: JsonObject,
  { text = '', topicVariables = null as string[] | null, metadata = {}, dataNames = [] as string[] } = {},
): string =>
  topicKeyOf({
    configId: CONFIG,
    topicVariables,
    dataNames,
    slots: extractSlots(text),
    scope: {
      data,
      language: 'vi',
      timezone: 'UTC',
      customer: {
        fullName: 'An',
        email: 'an@example.vn',
        phone: null,
        company: null,
        position: null,
        address: null,
        city: null,
        country: null,
        language: 'vi',
        tags: [],
        metadata,
      },
    },
  });

describe(topicKeyOf.name, () => {
  it('should be the same for one order whatever its figures, and another for another order', () => {
    const first = key({
      code: 'DH1024',
      amount: '275.000',
      due: '2026-11-25',
      at: '14:30',
      off: '20%',
      link: 'https://ftel.vn/a',
      tel: '0912 345 678',
    });
    expect(key({ code: '#dh-1024', amount: '300.000 đ', due: '26/11/2026' })).toBe(first);
    expect(key({ code: 'DH1025', amount: '275.000' })).not.toBe(first);
  });

  it('should know a bare number for an amount by the rendered text', () => {
    expect(key({ code: 'DH1', amount: 275000 }, { text: 'Còn 275.000 đ' })).toBe(
      key({ code: 'DH1', amount: 99000 }, { text: 'Còn 99.000 đ' }),
    );
    expect(key({ contract: 275000 }, { text: 'Hợp đồng 275000' })).not.toBe(key({ contract: 275001 }, { text: 'Hợp đồng 275001' }));
  });

  it('should tell billing months apart', () => {
    expect(key({ month: '11/2026' })).not.toBe(key({ month: '12/2026' }));
    expect(key({ month: '11/2026' })).toBe(key({ month: '2026-11' }));
  });

  it('should read only the topic variables when they are named, also inside objects', () => {
    const topicVariables = ['order.code'];
    const first = key({ order: { code: 'A1', state: 'x' }, note: '1' }, { topicVariables });
    expect(key({ order: { code: 'A1', state: 'y' }, note: '2' }, { topicVariables })).toBe(first);
    expect(key({ order: { code: 'A2', state: 'x' }, note: '1' }, { topicVariables })).not.toBe(first);
    expect(key({ due: '2026-11-25' }, { topicVariables: ['due'] })).not.toBe(key({ due: '2026-11-26' }, { topicVariables: ['due'] }));
  });

  it('should read the metadata that the template reads', () => {
    const dataNames = ['contract'];
    expect(key({}, { dataNames, metadata: { contract: 'HD1000', other: 'x' } })).not.toBe(
      key({}, { dataNames, metadata: { contract: 'HD1001' } }),
    );
    expect(key({}, { dataNames: [], metadata: { contract: 'HD1000' } })).toBe(CONFIG);
  });
});
