import { unsupportedFigures } from './grounding.js';
import type { PromptRecord } from './language-model.js';

const record = (text: string, subject: string | null = null): PromptRecord => ({
  kind: 'notice',
  id: 'n1',
  at: new Date('2026-11-12T03:00:00Z'),
  text,
  subject,
});
const SOURCES = {
  records: [record('Cước tháng 11 là 275.000 đ. Hạn thanh toán: 25/11/2026. Mã HD-2211, giảm 10%, xem fpt.vn/hd lúc 8h30.', 'Đơn #DH1024')],
  now: new Date('2026-11-22T03:00:00Z'),
  timeZone: 'Asia/Ho_Chi_Minh',
};
const invented = (answer: string): string[] => unsupportedFigures(answer, SOURCES).map(({ text }) => text);

describe(unsupportedFigures.name, () => {
  it.each([
    'Dạ, 275k ạ',
    'It is VND 275,000, due 25 Nov 2026',
    'Hạn là 25/11',
    'trong tháng 11',
    'Thông báo ngày 12/11/2026',
    'Hôm nay là 22/11/2026',
    'Mã hd2211, đơn DH1024',
    'giảm 10 phần trăm, https://fpt.vn/hd, 08:30',
    'Dạ, em chưa có thông tin',
  ])('should accept "%s"', (answer) => {
    expect(invented(answer)).toEqual([]);
  });

  it.each([
    ['Dạ, 285.000 đ ạ', '285.000 đ'],
    ['Hạn là 26/11', '26/11'],
    ['ngày 25/11/2027', '25/11/2027'],
    ['tháng 10', 'tháng 10'],
    ['đơn DH1025', 'DH1025'],
    ['giảm 20%', '20%'],
    ['xem fpt.com/hd', 'fpt.com/hd'],
    ['lúc 9h30', '9h30'],
  ])('should find the invention in "%s"', (answer, figure) => {
    expect(invented(answer)).toEqual([expect.stringContaining(figure)]);
  });
});
