/** Sentences of the guided first visit. */
export const tourWords = {
  'tour.title': { zh: '第一次来，带您看一遍', en: 'A first look around' },
  'tour.button': { zh: '导览 {at}/{all}', en: 'Tour {at}/{all}' },
  'tour.resume': { zh: '继续导览', en: 'Resume the tour' },
  'tour.start': { zh: '导览：七步看一遍', en: 'Tour: a look around in seven steps' },
  'tour.step': { zh: '第 {at} 步，共 {all} 步', en: 'Step {at} of {all}' },
  'tour.next': { zh: '下一步', en: 'Next' },
  'tour.back': { zh: '上一步', en: 'Back' },
  'tour.take': { zh: '带我去', en: 'Take me there' },
  'tour.done': { zh: '看完了', en: 'Done' },
  'tour.leave': { zh: '先不看，以后可从右上角继续', en: 'Leave; resume it at the top right' },
  'tour.keys': { zh: 'n 下一步　p 上一步', en: 'n next · p back' },
  'tour.finished': {
    zh: '导览看完了。可从右上角的账号菜单再看一遍。',
    en: 'That was the tour. The account menu has it again.',
  },
  'tour.not-yet': {
    zh: '数据还在进来，这一步要等一会儿。稍后再点“带我去”。',
    en: 'Data are still coming in. Wait a moment, then click “Take me there” again.',
  },
  'tour.other-account': {
    zh: '“{role}”这个角色看不到这一步。可换用演示账号“{account}”。',
    en: 'The role “{role}” has no such screen. The demo account “{account}” has.',
  },
  'tour.switch': { zh: '换成该账号继续', en: 'Continue with that account' },
  'tour.no-account': {
    zh: '没有演示账号能看这一步，请跳过。',
    en: 'No demo account has this step; go on to the next.',
  },

  'tour.overview': { zh: '全市一眼看完', en: 'The city at a glance' },
  'tour.overview-how': {
    zh: '数字随数据实时变化。点任何一个，看它由哪些机构、科室组成，一直点到记录本身。',
    en: 'The numbers follow the data as they come. Click any of them to see what it is made of, down to the records.',
  },
  'tour.hospital': { zh: '一家医院', en: 'A hospital' },
  'tour.hospital-how': {
    zh: '院区、科室、床位、设备、人员和所在的联合体都在这一页。',
    en: 'Campuses, departments, beds, equipment, people and alliances of one hospital, on one page.',
  },
  'tour.resident': { zh: '一位居民', en: 'A resident' },
  'tour.resident-how': {
    zh: '同一个人在各家机构的登记连在一起，下面是他全部的记录。点一家机构，只看那里的。',
    en: 'What several institutions know about one person is joined here. Click an institution to see only its part.',
  },
  'tour.result': { zh: '一项结果', en: 'A result' },
  'tour.result-how': {
    zh: '每项结果带单位、参考范围和提示。点项目名称，看历次结果的走势。',
    en: 'Each result has its unit, range and note. Click its name to see how it went over time.',
  },
  'tour.raw': { zh: '它的原始记录', en: 'Its raw record' },
  'tour.raw-how': {
    zh: '这就是机构报来的原文，一字未改；“历史版本”里能看到每次改动。',
    en: 'This is what the institution sent, to the letter; the history tab shows every change since.',
  },
  'tour.recognition': { zh: '不重复检查', en: 'No needless repeats' },
  'tour.recognition-how': {
    zh: '选一位患者，开一项检查检验：别处已有可用的结果，会当场提示。采用它，或写明理由仍开单，由医生决定。',
    en: 'Choose a patient and order a test: a result that exists elsewhere and may be used is shown at once. Use it, or order anyway with a reason; the doctor decides.',
  },
  'tour.recognition-how-officer': {
    zh: '开单时提示了多少已有结果，采用了多少，省了多少。换成医院医生账号，可以亲手开一单。',
    en: 'How many results were offered at the order, how many were used, what was saved. As a hospital doctor you can order yourself.',
  },
  'tour.import': { zh: '导入自己的数据', en: 'Import your own' },
  'tour.import-how': {
    zh: '把 FHIR 文件拖到这里，边导入边看进度；回到概览，数字也跟着变。',
    en: 'Drop a FHIR file here and watch it come in; then look how the overview has changed.',
  },
} as const
