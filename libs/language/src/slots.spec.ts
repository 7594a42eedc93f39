import { setTimeout as sleep } from 'node:timers/promises';
import { extractSlots } from './slots.js';

const found = (text: string): string[] => extractSlots(text).map(({ kind, value }) => `${kind} ${value}`);

describe(extractSlots.name, () => {
  it('should find the figures of a payment notice with their places', () => {
    const text = 'Kính gửi Nguyễn Thị Hoa, cước Internet tháng 11 của quý khách là 275.000 đ. Hạn thanh toán: 25/11/2026.';
    expect(found(text)).toEqual(['date --11', 'amount 275000 VND', 'date 2026-11-25']);
    for (const { start, end, text: written } of extractSlots(text)) expect(text.slice(start, end)).toBe(written);
  });

  it('should read past any number of dots in a link', async () => {
    const link = `www.x.vn/${'.'.repeat(400_000)}a`;
    expect(found(link)).toEqual([`link ${link}`]);
    // Jest's timeout strikes only between two turns of the event loop.
    await sleep(0);
  });

  it.each([
    ['275.000 đ', 'amount 275000 VND'],
    ['275,000 VND', 'amount 275000 VND'],
    ['275k', 'amount 275000 VND'],
    ['275 nghìn đồng', 'amount 275000 VND'],
    ['1,5 triệu', 'amount 1500000 VND'],
    ['1tr2', 'amount 1200000 VND'],
    ['2 triệu 300 nghìn', 'amount 2300000 VND'],
    ['1.234.567 đồng', 'amount 1234567 VND'],
    ['$12.50', 'amount 12.5 USD'],
    ['1,299.99 USD', 'amount 1299.99 USD'],
    ['₫99.000', 'amount 99000 VND'],
    ['1.500 điểm', 'amount 1500'],
    ['500000đ', 'amount 500000 VND'],
    ['25/11/2026', 'date 2026-11-25'],
    ['2026-11-25', 'date 2026-11-25'],
    ['11/25/2026', 'date 2026-11-25'],
    ['25/11', 'date --11-25'],
    ['ngày 25 tháng 11 năm 2026', 'date 2026-11-25'],
    ['25 Nov 2026', 'date 2026-11-25'],
    ['November 25th, 2026', 'date 2026-11-25'],
    ['tháng 11/2026', 'date 2026-11'],
    ['tháng mười hai', 'date --12'],
    ['tháng sáu', 'date --06'],
    ['ngày 5', 'date ---05'],
    ['8h30', 'time 08:30'],
    ['14:30', 'time 14:30'],
    ['2 giờ chiều', 'time 14:00'],
    ['9 giờ 15', 'time 09:15'],
    ['9 pm', 'time 21:00'],
    ['8:30 AM', 'time 08:30'],
    ['20%', 'percent 20'],
    ['12,5 phần trăm', 'percent 12.5'],
    ['#DH1024', 'code dh1024'],
    ['DH-1024', 'code dh1024'],
    ['đơn dh1024', 'code dh1024'],
    ['INV-2026-001', 'code inv2026001'],
    ['mã OTP của quý khách là 482913', 'code 482913'],
    ['mã giảm giá: SUMMER', 'code summer'],
    ['1900 6600', 'code 19006600'],
    ['0912 345 678', 'code 0912345678'],
    ['https://fpt.vn/thanh-toan.', 'link fpt.vn/thanh-toan'],
    ['hi.fpt.vn', 'link hi.fpt.vn'],
    ['hotro@fpt.com.vn', 'link hotro@fpt.com.vn'],
  ])('should read %s', (text, slot) => {
    expect(found(`Thông tin: ${text}`)).toEqual([slot]);
  });

  it.each([
    'gói 300Mbps',
    'mạng 5G',
    'trong vòng 24 giờ',
    'trong 2 giờ',
    '31/13',
    '99/99/2026',
    'Windows',
    'khuyến mãi',
    'tháng sau',
    'tháng từ',
    '3 ngày làm việc',
  ])('should see no figure in %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('should give no two slots the same place', () => {
    const slots = extractSlots(
      'Lịch hẹn 8h30-11h00 ngày 12/11/2026, mã #LH-2026-77, phí 150.000đ (giảm 10%), xem https://fpt.vn/lh?id=12/11/2026',
    );
    expect(slots.map(({ kind }) => kind)).toEqual(['time', 'time', 'date', 'code', 'amount', 'percent', 'link']);
  });
});
