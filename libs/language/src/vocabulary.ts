/** Ways to name one thing in both languages. A longer phrase wins over a shorter one inside it. */
interface Synonyms {
  vi: string;
  en: string;
}

/** What notices to customers of a service provider are about. Phrases are separated by commas. */
const CONCEPTS = {
  pay: {
    vi: 'thanh toán, nộp, đóng tiền, trả tiền, nộp tiền, đóng cước, đóng phí, nộp phí, nộp cước, trả phí, chuyển khoản, đóng tiền mạng, đóng tiền net',
    en: 'pay, pays, paid, paying, payment, payments, payable, settle, transfer, owe',
  },
  bill: { vi: 'hóa đơn, báo cước, biên lai', en: 'bill, bills, billing, invoice, invoices, receipt' },
  charge: {
    vi: 'cước, phí, cước phí, giá cước, tiền cước, lệ phí, phụ phí, mức phí, tiền mạng, tiền net, cước mạng',
    en: 'fee, fees, charge, charges',
  },
  price: { vi: 'giá, mức giá, giá tiền, đơn giá, chi phí', en: 'price, prices, cost, costs, rate, fare' },
  money: { vi: 'tiền, số tiền, tổng tiền, tổng cộng, khoản tiền, số dư', en: 'money, amount, sum, total, balance' },
  due: { vi: 'hạn, đến hạn, tới hạn, hạn chót, hạn cuối, thời hạn, kỳ hạn, ngày cuối', en: 'due, deadline, due date, no later' },
  overdue: { vi: 'quá hạn, trễ hạn, chậm thanh toán, nợ cước, còn nợ, nợ', en: 'overdue, late payment, past due, arrears' },
  internet: {
    vi: 'internet, mạng, wifi, cáp quang, đường truyền, mạng internet, tiền mạng, tiền net, cước mạng, đóng tiền mạng, đóng tiền net',
    en: 'internet, wifi, broadband, fiber, fibre, network, net',
  },
  television: { vi: 'truyền hình, tivi, tv, kênh', en: 'television, tv, channel, channels' },
  phone: { vi: 'điện thoại, số điện thoại, sđt, di động, hotline, tổng đài', en: 'phone, mobile, telephone, hotline, call center' },
  order: { vi: 'đơn hàng, đơn, kiện hàng, bưu kiện, đặt hàng', en: 'order, orders, ordered, parcel, purchase, shipment' },
  delivery: {
    vi: 'giao hàng, giao, vận chuyển, ship, nhận hàng, giao đến, giao tới',
    en: 'deliver, delivers, delivered, delivery, ship, shipped, shipping, arrive, arrives, arrival',
  },
  install: { vi: 'lắp đặt, lắp, cài đặt, triển khai', en: 'install, installed, installation, setup, set up' },
  maintenance: {
    vi: 'bảo trì, bảo dưỡng, nâng cấp hệ thống, bảo trì hệ thống, sửa chữa, nâng cấp',
    en: 'maintenance, maintain, repair, repairs, upgrade',
  },
  outage: {
    vi: 'mất mạng, mất kết nối, gián đoạn, sự cố, mất tín hiệu, ngừng dịch vụ, tạm ngưng, tạm ngừng, cắt mạng, rớt mạng, bị mất, có mạng lại, mạng lại, khắc phục',
    en: 'outage, interruption, interrupted, downtime, disconnected, disconnection, suspended, incident, fix, fixed, restored',
  },
  technician: { vi: 'kỹ thuật viên, nhân viên kỹ thuật, thợ, kỹ thuật', en: 'technician, technicians, engineer, repairman' },
  appointment: {
    vi: 'lịch hẹn, cuộc hẹn, hẹn, lịch, đặt lịch, buổi hẹn',
    en: 'appointment, appointments, schedule, scheduled, booking, visit, reservation',
  },
  meeting: { vi: 'cuộc họp, họp, buổi họp, hội nghị', en: 'meeting, meetings, conference' },
  event: { vi: 'sự kiện, hội thảo, buổi lễ, chương trình', en: 'event, events, workshop, seminar, webinar, program' },
  contract: { vi: 'hợp đồng, số hợp đồng, mã hợp đồng', en: 'contract, contracts, agreement' },
  plan: { vi: 'gói cước, gói dịch vụ, gói, combo, thuê bao', en: 'plan, plans, package, subscription, bundle, tariff' },
  renew: { vi: 'gia hạn, tái tục', en: 'renew, renewal, renewed, extend, extension' },
  expire: { vi: 'hết hạn, hết hiệu lực, hiệu lực, đáo hạn', en: 'expire, expires, expired, expiry, valid' },
  promotion: {
    vi: 'khuyến mãi, khuyến mại, ưu đãi, giảm giá, chiết khấu, giảm',
    en: 'promotion, promotions, promo, discount, discounts, offer, offers, sale, deal, off',
  },
  voucher: {
    vi: 'mã giảm giá, mã khuyến mãi, mã ưu đãi, voucher, phiếu, phiếu quà tặng',
    en: 'voucher, vouchers, coupon, coupons, promo code, discount code',
  },
  refund: { vi: 'hoàn tiền, trả lại tiền, hoàn lại, bồi hoàn, đền bù', en: 'refund, refunds, refunded, reimbursement, compensation' },
  address: { vi: 'địa chỉ, địa điểm, nơi ở, vị trí', en: 'address, location, venue, place' },
  office: { vi: 'văn phòng, cửa hàng, chi nhánh, quầy giao dịch, điểm giao dịch', en: 'office, store, branch, shop, counter' },
  speed: { vi: 'tốc độ, băng thông, mbps', en: 'speed, bandwidth' },
  device: { vi: 'modem, router, thiết bị, bộ phát, đầu thu, camera', en: 'device, devices, equipment' },
  password: { vi: 'mật khẩu, pass', en: 'password, passwords, passcode' },
  account: { vi: 'tài khoản, đăng nhập', en: 'account, login, sign in' },
  otp: { vi: 'mã xác nhận, mã otp, otp, mã xác thực', en: 'verification code, one time code' },
  code: {
    vi: 'mã, mã số, mã đơn, mã đơn hàng, mã vận đơn, số đơn, số vận đơn',
    en: 'code, codes, reference, tracking number, order number, tracking',
  },
  points: { vi: 'điểm thưởng, tích điểm, điểm tích lũy, điểm', en: 'points, reward, rewards, loyalty' },
  gift: { vi: 'quà tặng, tặng quà, phần quà, quà', en: 'gift, gifts, present' },
  cancel: { vi: 'hủy, hủy bỏ, chấm dứt, hủy đơn', en: 'cancel, cancelled, canceled, cancellation, terminate, termination' },
  change: {
    vi: 'đổi lịch, dời lịch, dời ngày, đổi ngày, dời sang, đổi sang, chuyển sang, thay đổi, điều chỉnh',
    en: 'reschedule, rescheduled, postpone, postponed, moved, change, changed',
  },
  support: { vi: 'hỗ trợ, chăm sóc khách hàng, cskh, tư vấn', en: 'support, help desk, customer service, customer care, assistance' },
  warranty: { vi: 'bảo hành', en: 'warranty, guarantee' },
  policy: { vi: 'chính sách, điều khoản, quy định, điều kiện', en: 'policy, policies, terms, rules, conditions' },
  register: { vi: 'đăng ký, đăng kí, ghi danh', en: 'register, registration, sign up, enroll, subscribe' },
  customer: { vi: 'khách hàng, mã khách hàng', en: 'customer, customer code, customer id, client' },
  electricity: { vi: 'tiền điện, điện lực, cúp điện, mất điện', en: 'electricity' },
  opening: { vi: 'mở cửa, giờ mở cửa, giờ làm việc, nghỉ lễ, nghỉ tết', en: 'opening hours, open, opens, closed, closing, holiday' },
} as const satisfies Record<string, Synonyms>;

/** A thing that both languages have several words for. */
export type Concept = keyof typeof CONCEPTS;

/** Every phrase of the vocabulary and what it names. */
export const PHRASES: readonly (readonly [phrase: string, concept: Concept])[] = (
  Object.entries(CONCEPTS) as [Concept, Synonyms][]
).flatMap(([concept, { vi, en }]) => [...new Set(`${vi}, ${en}`.split(', '))].map((phrase) => [phrase, concept] as const));
